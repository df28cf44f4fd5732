def fib(n)
  raise "n >= 0" unless n >= 0
  return n if n < 2
  fib(n - 1) + fib(n - 2)
end
puts fib(25)
