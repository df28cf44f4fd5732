i = 1
sum = 0
while i <= 100000
  sum += i
  i += 1
end
puts sum
