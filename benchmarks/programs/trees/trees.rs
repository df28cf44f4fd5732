enum Tree {
    Leaf,
    Node(Box<Tree>, Box<Tree>),
}

fn make(depth: i64) -> Tree {
    if depth == 0 {
        return Tree::Node(Box::new(Tree::Leaf), Box::new(Tree::Leaf));
    }
    Tree::Node(Box::new(make(depth - 1)), Box::new(make(depth - 1)))
}

fn check(t: &Tree) -> i64 {
    match t {
        Tree::Leaf => 0,
        Tree::Node(left, right) => 1 + check(left) + check(right),
    }
}

fn main() {
    let max: i64 = std::hint::black_box(16);
    println!("stretch tree of depth {} check: {}", max + 1, check(&make(max + 1)));
    let long = make(max);
    for step in 0..=6 {
        let depth = 4 + 2 * step;
        let n = 1 << (max - depth + 4);
        let mut sum = 0;
        for _ in 0..n {
            sum += check(&make(depth));
        }
        println!("{n} trees of depth {depth} check: {sum}");
    }
    println!("long lived tree of depth {max} check: {}", check(&long));
}
