-- ARGV: "1" to replace whatever is there or "0", then variant, available and version by turns.
-- Answers how many copies were written, and the variants whose copy proves that SQL has lost history.
local published, suspects = 0, {}
for i = 2, #ARGV, 3 do
  local outcome = publish(ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[1] == "1")
  if outcome == 1 then published = published + 1 end
  if outcome == -1 then suspects[#suspects + 1] = ARGV[i] end
end
return {published, suspects}
