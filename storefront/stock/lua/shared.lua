-- What every script of the gate begins with. All keys of one shard carry the hash tag {stock}.
-- {stock}:v:<variant>   hash: available, version, held (sum of its live holds)
-- {stock}:x:<variant>   sorted set: hold id by expiry in ms;  {stock}:q:<variant>  hash: hold id -> pieces
-- {stock}:hold:<id>     hash: shopper, lines, expiry;         {stock}:shopper:<id> the one live hold of a shopper
-- {stock}:live          sorted set: every hold id by expiry, to count them;  {stock}:notes  hash: what monitoring reads
local moment
local function now()
  if not moment then
    local time = redis.call("TIME")
    moment = time[1] * 1000 + math.floor(time[2] / 1000)
  end
  return moment
end

-- Give back what a hold has of one variant.
local function let_go(variant, hold)
  local pieces = redis.call("HGET", "{stock}:q:" .. variant, hold)
  if not pieces then return end
  redis.call("HDEL", "{stock}:q:" .. variant, hold)
  redis.call("ZREM", "{stock}:x:" .. variant, hold)
  if redis.call("EXISTS", "{stock}:v:" .. variant) == 1 then
    redis.call("HINCRBY", "{stock}:v:" .. variant, "held", -pieces)
  end
end

-- Holds of this variant whose time is over count no longer, by the server's clock and nobody else's.
local function drop_expired(variant)
  for _, hold in ipairs(redis.call("ZRANGEBYSCORE", "{stock}:x:" .. variant, "-inf", now())) do
    let_go(variant, hold)
  end
end

local function drop_hold(hold)
  local key = "{stock}:hold:" .. hold
  local record = redis.call("HMGET", key, "shopper", "lines")
  if not record[1] then return 0 end
  for variant in string.gmatch(record[2], "(%d+)x%d+") do let_go(variant, hold) end
  redis.call("DEL", key)
  redis.call("ZREM", "{stock}:live", hold)
  if redis.call("GET", "{stock}:shopper:" .. record[1]) == hold then
    redis.call("DEL", "{stock}:shopper:" .. record[1])
  end
  return 1
end

-- Keep a copy of SQL's numbers when it is newer. Answers 1 when it was, 0 when it is the same or older news, -1 when
-- the copy differs at the same version, which proves that SQL has lost history.
local function publish(variant, available, version, is_reset)
  local key = "{stock}:v:" .. variant
  local copy = redis.call("HMGET", key, "available", "version")
  local known = tonumber(copy[2])
  if known and not is_reset and known >= tonumber(version) then
    if known == tonumber(version) and tonumber(copy[1]) == tonumber(available) then return 0 end
    return known == tonumber(version) and -1 or 0
  end
  redis.call("HSET", key, "available", available, "version", version)
  if not known or is_reset then
    -- Holds may have outlived the copy they were counted in; a sum that was off would stay off for ever.
    local held = 0
    for _, pieces in ipairs(redis.call("HVALS", "{stock}:q:" .. variant)) do held = held + pieces end
    redis.call("HSET", key, "held", held)
  end
  return 1
end
