local function safe_div(a, b)
  assert(b ~= 0)
  return math.floor(a / b)
end
local total = 0
for i = 1, 100000 do total = total + safe_div(1000000, i) end
print(total)
