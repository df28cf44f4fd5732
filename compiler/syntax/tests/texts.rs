//! The other texts: token listings and the canonical form of expressions.

use bumpalo::Bump;
use resilient_base::{Diagnostics, Interner, SourceMap};
use resilient_syntax::{
    ast::{ExprKind, Item, StmtKind, StrPart},
    parse, print_expr_canonical, print_tokens, tokenize,
};

#[test]
fn token_listing() {
    let mut sources = SourceMap::default();
    let text = "let é_no = 0x1f32;\n  \"a\nb\" >>= 'x' 1.5f32 // end\n";
    let file = sources.add("t.rz", text);
    let tokens = tokenize(file, text, &mut Diagnostics::default());
    let expected = "1:1 Keyword let\n1:5 Ident é_no\n1:10 Punct =\n1:12 Int 0x1f32\n1:18 Punct ;\n2:3 Str \"a\\nb\"\n\
                    3:4 Punct >>=\n3:8 Char 'x'\n3:12 Float 1.5f32\n3:18 Eof\n";
    assert_eq!(print_tokens(&sources, file, &tokens), expected);
}

fn canonical(expr: &str) -> String {
    let mut sources = SourceMap::default();
    let text = format!("let x = {expr};");
    let file = sources.add("t.rz", text.clone());
    let (arena, mut interner, mut diags) = (Bump::new(), Interner::default(), Diagnostics::default());
    let tree = parse(file, &text, &arena, &mut interner, &mut diags);
    assert!(!diags.has_errors(), "{expr}: {:?}", diags.sorted());
    match tree.stmts[0].kind {
        StmtKind::Let(node) => print_expr_canonical(node.init, &interner),
        ref other => panic!("{other:?}"),
    }
}

#[test]
fn canonical_texts() {
    for (source, expected) in [
        ("(n)>(0x10)", "n > 16"),
        ("1.50 + 0.0 + 1e21", "1.5 + 0 + 1000000000000000000000"),
        ("0.1f32", "0.10000000149011612"),
        ("\"a\\\"b\\n\\{\" == r\"\\\"", "\"a\\\"b\\n{\" == \"\\\\\""),
        ("- n", "-n"),
        ("!(a && b)", "!(a && b)"),
        ("((a + b)) * c", "(a + b) * c"),
        ("(a * b) + c", "a * b + c"),
        ("a - (b - c)", "a - (b - c)"),
        ("(a - b) - c", "a - b - c"),
        ("a & (1 == 0)", "a & 1 == 0"),
        ("(a & 1) == 0", "(a & 1) == 0"),
        ("f( a,b , n:1 )[ i ]", "f(a, b, n: 1)[i]"),
        ("p.x.len( ) > 0", "p.x.len() > 0"),
        ("t.0.1 + (7).abs()", "t.0.1 + (7).abs()"),
        ("(-x).abs()", "(-x).abs()"),
        ("-x.abs()", "-x.abs()"),
        ("(a + b) as float", "(a + b) as float"),
        ("x as float as int", "x as float as int"),
        ("a[0..n] == b[..]", "a[0..n] == b[..]"),
        ("'a' == c", "'a' == c"),
        ("forall i in 0..n: (a[i] > 0)", "forall i in 0..n: a[i] > 0"),
        ("(exists i in xs: i == 1) && ok", "(exists i in xs: i == 1) && ok"),
        ("ok && (exists i in xs: i == 1)", "ok && exists i in xs: i == 1"),
        ("(a ?? b) ?? c", "(a ?? b) ?? c"),
        ("a ?? (b || c)", "a ?? b || c"),
        ("len([1, 2]) == 2", "len(<expr>) == 2"),
        ("if a { 1 } else { 2 } > 0", "<expr> > 0"),
        ("\"{a}\" == s", "<expr> == s"),
        ("m::f(x) == E::V", "m::f(x) == E::V"),
        ("-9223372036854775808 < x", "-9223372036854775808 < x"),
    ] {
        assert_eq!(canonical(source), expected, "{source}");
    }
}

/// The position of an expression in a placeholder is its own, also behind escapes and removed indentation.
#[test]
fn positions_in_placeholders() {
    let text = "fn f() { \"\"\"\n    a\\tb {x}\n      {len(\\\"q\\\") + yy}\n    \"\"\" }";
    let mut sources = SourceMap::default();
    let file = sources.add("t.rz", text);
    let (arena, mut interner, mut diags) = (Bump::new(), Interner::default(), Diagnostics::default());
    let tree = parse(file, text, &arena, &mut interner, &mut diags);
    let StmtKind::Item(Item::Fn(decl)) = tree.stmts[0].kind else { panic!("{tree:?}") };
    let StmtKind::Expr { expr, .. } = decl.body.expect("a body").stmts[0].kind else { panic!("{decl:?}") };
    let ExprKind::Interpolated(parts) = expr.kind else { panic!("{expr:?}") };
    let exprs: Vec<&str> = parts
        .iter()
        .filter_map(|part| match part {
            StrPart::Expr(expr) => Some(sources.text(expr.span)),
            StrPart::Text(_) => None,
        })
        .collect();
    assert_eq!(exprs, ["x", "len(\\\"q\\\") + yy"]);
    let StrPart::Expr(sum) = parts[3] else { panic!("{parts:?}") };
    let ExprKind::Binary(_, _, right, operator) = sum.kind else { panic!("{sum:?}") };
    assert_eq!((sources.text(operator), sources.text(right.span)), ("+", "yy"));
}
