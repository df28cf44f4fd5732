def safe_div(a, b)
  raise "b != 0" if b == 0
  a / b
end
total = 0
(1..100000).each { |i| total += safe_div(1000000, i) }
puts total
