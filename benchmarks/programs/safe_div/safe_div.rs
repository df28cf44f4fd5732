fn safe_div(a: i64, b: i64) -> i64 {
    assert!(b != 0);
    a / b
}

fn main() {
    let n: i64 = std::hint::black_box(100_000);
    let mut total: i64 = 0;
    for i in 1..=n {
        total = total.wrapping_add(safe_div(1_000_000, i));
    }
    println!("{total}");
}
