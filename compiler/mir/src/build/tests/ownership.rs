//! Who retains, who releases, and when.

use bumpalo::Bump;
use resilient_sema::typed::*;
use resilient_sema::types::Types;

use super::{Maker, build, build_with, check, global, local};

const S: resilient_sema::types::Type = Types::STR;

#[test]
fn appending_to_a_variable_takes_its_string() {
    let bump = Bump::new();
    let make = Maker { bump: &bump };
    // s = s + x + ","; s
    let sum = make.concat(make.concat(make.s(0), make.s(1)), make.str(","));
    let body = make.block(vec![make.stmt(make.assign(0, sum))], Some(make.s(0)));
    check(
        &build(make, make.func(&[("s*", S), ("x", S)], 2, S, body)),
        r#"
        fn0 "f"(str, str) -> str {
        block0(v0: str s, v1: str x):
            v2: str = rt str_concat(v0, v1)
            v3: str = sconst str0 ; ","
            v4: str s = rt str_concat(v2, v3)
            release v3
            release v1
            return v4
        }
    "#,
    );
}

#[test]
fn appending_a_variable_to_itself_copies() {
    let bump = Bump::new();
    let make = Maker { bump: &bump };
    // s += s; s
    let append = make.assign_op(Place::Local(local(0)), BinaryOp::StrConcat, make.s(0));
    let body = make.block(vec![make.stmt(append)], Some(make.s(0)));
    check(
        &build(make, make.func(&[("s*", S)], 1, S, body)),
        r#"
        fn0 "f"(str) -> str {
        block0(v0: str s):
            v1: str = retain v0
            v2: str s = rt str_concat(v0, v1)
            release v1
            return v2
        }
    "#,
    );
}

#[test]
fn the_old_value_is_read_before_an_operand_that_assigns() {
    let bump = Bump::new();
    let make = Maker { bump: &bump };
    // s += { s = "x"; s }; s
    let operand = make.block(vec![make.stmt(make.assign(0, make.str("x")))], Some(make.s(0)));
    let append = make.assign_op(Place::Local(local(0)), BinaryOp::StrConcat, operand);
    let body = make.block(vec![make.stmt(append)], Some(make.s(0)));
    check(
        &build(make, make.func(&[("s*", S)], 1, S, body)),
        r#"
        fn0 "f"(str) -> str {
        block0(v0: str s):
            v1: str = retain v0
            v2: str s = sconst str0 ; "x"
            release v0
            v3: str = retain v2
            release v2
            v4: str s = rt str_concat(v1, v3)
            release v3
            return v4
        }
    "#,
    );
}

#[test]
fn a_compared_variable_is_borrowed() {
    let bump = Bump::new();
    let make = Maker { bump: &bump };
    // s == t
    let body = make.binary(BinaryOp::StrCmp(CmpOp::Eq), make.s(0), make.s(1));
    check(
        &build(make, make.func(&[("s*", S), ("t*", S)], 2, Types::BOOL, body)),
        r#"
        fn0 "f"(str, str) -> bool {
        block0(v0: str s, v1: str t):
            v2: bool = rt str_eq(v0, v1)
            release v1
            release v0
            return v2
        }
    "#,
    );
}

#[test]
fn a_compared_variable_that_the_right_side_assigns_is_retained() {
    let bump = Bump::new();
    let make = Maker { bump: &bump };
    // s == { if c { s = "x"; } t }
    let assign = make.block(vec![make.stmt(make.assign(0, make.str("x")))], None);
    let right = make.block(vec![make.stmt(make.if_(make.b(2), assign, None))], Some(make.s(1)));
    let body = make.binary(BinaryOp::StrCmp(CmpOp::Eq), make.s(0), right);
    check(
        &build(make, make.func(&[("s*", S), ("t", S), ("c", Types::BOOL)], 3, Types::BOOL, body)),
        r#"
        fn0 "f"(str, str, bool) -> bool {
        block0(v0: str s, v1: str t, v2: bool c):
            v3: str = retain v0
            branch v2, block1, block2(v0)
        block1:
            v4: str s = sconst str0 ; "x"
            release v0
            jump block2(v4)
        block2(v5: str s):
            v6: str = retain v1
            v7: bool = rt str_eq(v3, v6)
            release v3
            release v6
            release v1
            release v5
            return v7
        }
    "#,
    );
}

#[test]
fn leaving_a_loop_releases_operands_in_evaluation() {
    let bump = Bump::new();
    let make = Maker { bump: &bump };
    // loop { let u = s * 2; s + { if c { break u; } u } }
    let repeat = make.binary(BinaryOp::StrRepeat, make.s(0), make.int(2));
    let leave = make.if_(make.b(1), make.break_(0, Some(make.s(2))), None);
    let right = make.block(vec![make.stmt(leave)], Some(make.s(2)));
    let sum = make.concat(make.binary(BinaryOp::StrRepeat, make.s(0), make.int(3)), right);
    let body = make.block(vec![make.let_(2, repeat), make.stmt(sum)], None);
    let body = make.loop_(0, None, body, S);
    check(
        &build(make, make.func(&[("s", S), ("c", Types::BOOL), ("u", S)], 2, S, body)),
        r#"
        fn0 "f"(str, bool) -> str {
        block0(v0: str s, v1: bool c):
            jump block1
        block1:
            v2: i64 = iconst 2
            v3: str u = rt str_repeat(v0, v2) @ file0:1:1
            v4: i64 = iconst 3
            v5: str = rt str_repeat(v0, v4) @ file0:1:1
            branch v1, block2, block3
        block2:
            release v5
            jump block4
        block3:
            v6: str = retain v3
            v7: str = rt str_concat(v5, v6)
            release v6
            release v7
            release v3
            jump block1
        block4:
            release v0
            return v3
        }
    "#,
    );
}

#[test]
fn appending_to_a_global_takes_its_string() {
    let bump = Bump::new();
    let make = Maker { bump: &bump };
    // g += x
    let body = make.assign_op(Place::Global(global(0)), BinaryOp::StrConcat, make.s(0));
    let func = make.func(&[("x", S)], 1, Types::VOID, body);
    check(
        &build_with(make, func, &[("g", S, false)]),
        r#"
        fn0 "f"(str) {
        block0(v0: str x):
            v1: str = sconst str0 ; ""
            v2: str = global_replace g0, v1
            v3: str = rt str_concat(v2, v0)
            v4: str = global_replace g0, v3
            release v4
            release v0
            return
        }
    "#,
    );
}

#[test]
fn a_call_may_store_to_the_global_that_is_appended_to() {
    let bump = Bump::new();
    let make = Maker { bump: &bump };
    // g += f(x)
    let call = make.call(0, vec![make.s(0)], S, false);
    let append = make.assign_op(Place::Global(global(0)), BinaryOp::StrConcat, call);
    let body = make.block(vec![make.stmt(append)], Some(make.s(0)));
    let func = make.func(&[("x", S)], 1, S, body);
    check(
        &build_with(make, func, &[("g", S, false)]),
        r#"
        fn0 "f"(str) -> str {
        block0(v0: str x):
            v1: str = global_get g0
            v2: str = retain v0
            v3: str = call fn0(v2) ; f
            v4: str = sconst str0 ; ""
            v5: str = global_replace g0, v4
            release v5
            v6: str = rt str_concat(v1, v3)
            release v3
            v7: str = global_replace g0, v6
            release v7
            return v0
        }
    "#,
    );
}
