fn partition(xs: &mut [i64], lo: usize, hi: usize) -> usize {
    let pivot = xs[(lo + hi) / 2];
    let mut i = lo as isize - 1;
    let mut j = hi as isize + 1;
    loop {
        i += 1;
        while xs[i as usize] < pivot {
            i += 1;
        }
        j -= 1;
        while xs[j as usize] > pivot {
            j -= 1;
        }
        if i >= j {
            return j as usize;
        }
        xs.swap(i as usize, j as usize);
    }
}

fn quicksort(xs: &mut [i64], lo: usize, hi: usize) {
    if lo >= hi {
        return;
    }
    let middle = partition(xs, lo, hi);
    quicksort(xs, lo, middle);
    quicksort(xs, middle + 1, hi);
}

fn main() {
    let n = std::hint::black_box(1_000_000);
    let mut state: i64 = 42;
    let mut xs = Vec::new();
    for _ in 0..n {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        xs.push((state >> 33) & 1048575);
    }
    quicksort(&mut xs, 0, n - 1);
    let mut check: i64 = 0;
    for i in 1..n {
        assert!(xs[i - 1] <= xs[i]);
        check = check.wrapping_mul(31).wrapping_add(xs[i]);
    }
    println!("{check}");
}
