def safe_div(a, b):
    return a // b

total = 0
for i in range(1, 100001):
    total += safe_div(1000000, i)
print(total)
