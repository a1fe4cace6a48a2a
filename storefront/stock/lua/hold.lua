-- ARGV: hold id, shopper, milliseconds, then variant and pieces by turns (each variant once).
-- Answers {"held", expiry}, {"short", variant, free, ...} or {"unknown", variant, ...}. All lines or none.
local hold, shopper, lasts = ARGV[1], ARGV[2], tonumber(ARGV[3])

local known = redis.call("HMGET", "{stock}:hold:" .. hold, "lines", "expiry")
local lines = {}
for i = 4, #ARGV, 2 do lines[#lines + 1] = ARGV[i] .. "x" .. ARGV[i + 1] end
lines = table.concat(lines, " ")
if known[1] == lines and tonumber(known[2]) > now() then return {"held", known[2]} end

-- What is sold out is refused before anything else is looked at: that is what most shoppers of a rush are told.
local short, unknown = {"short"}, {"unknown"}
for i = 4, #ARGV, 2 do
  local available = redis.call("HGET", "{stock}:v:" .. ARGV[i], "available")
  if not available then
    unknown[#unknown + 1] = ARGV[i]
  elseif available == "0" then
    short[#short + 1] = ARGV[i]
    short[#short + 1] = "0"
  end
end
if #unknown > 1 then return unknown end
if #short > 1 then return short end

local former = redis.call("GET", "{stock}:shopper:" .. shopper)
for i = 4, #ARGV, 2 do
  local variant, wanted = ARGV[i], tonumber(ARGV[i + 1])
  drop_expired(variant)
  local copy = redis.call("HMGET", "{stock}:v:" .. variant, "available", "held")
  local own = former and redis.call("HGET", "{stock}:q:" .. variant, former) or 0
  local free = copy[1] - copy[2] + (own or 0)
  if free < wanted then
    short[#short + 1] = variant
    short[#short + 1] = tostring(free)
  end
end
if #short > 1 then return short end

if former then drop_hold(former) end
if known[1] then drop_hold(hold) end
local expiry = now() + lasts
for i = 4, #ARGV, 2 do
  redis.call("HINCRBY", "{stock}:v:" .. ARGV[i], "held", ARGV[i + 1])
  redis.call("HSET", "{stock}:q:" .. ARGV[i], hold, ARGV[i + 1])
  redis.call("ZADD", "{stock}:x:" .. ARGV[i], expiry, hold)
end
redis.call("HSET", "{stock}:hold:" .. hold, "shopper", shopper, "lines", lines, "expiry", expiry)
redis.call("PEXPIREAT", "{stock}:hold:" .. hold, expiry + 60000)
redis.call("ZREMRANGEBYSCORE", "{stock}:live", "-inf", now())
redis.call("ZADD", "{stock}:live", expiry, hold)
redis.call("SET", "{stock}:shopper:" .. shopper, hold, "PXAT", expiry)
return {"held", tostring(expiry)}
