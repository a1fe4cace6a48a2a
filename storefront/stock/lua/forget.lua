-- ARGV: variants. Whatever holds there are of them count no longer.
for _, variant in ipairs(ARGV) do
  redis.call("DEL", "{stock}:x:" .. variant, "{stock}:q:" .. variant)
  if redis.call("EXISTS", "{stock}:v:" .. variant) == 1 then
    redis.call("HSET", "{stock}:v:" .. variant, "held", 0)
  end
end
return #ARGV
