-- ARGV: hold id. Answers 1 when there was such a hold.
return drop_hold(ARGV[1])
