-- ARGV: hold id ("" for none), then variant, available and version by turns. Publishes them and drops the hold, in one.
local published = 0
for i = 2, #ARGV, 3 do
  if publish(ARGV[i], ARGV[i + 1], ARGV[i + 2], false) == 1 then published = published + 1 end
end
if ARGV[1] ~= "" then drop_hold(ARGV[1]) end
return published
