//! The blocks and instructions that the forms become.

use bumpalo::Bump;
use resilient_sema::typed::*;
use resilient_sema::types::{Type, Types};

use super::{Maker, build, build_with, check, global, local, module, program};
use crate::print::print_module;

const I: Type = Types::INT;
const S: Type = Types::STR;

#[test]
fn assigned_variables_become_loop_parameters() {
    let bump = Bump::new();
    let make = Maker { bump: &bump };
    // while i < n { if b { continue; } i += step; }
    let test = make.binary(BinaryOp::IntCmp(CmpOp::Lt), make.n(0), make.n(1));
    let skip = make.if_(make.b(3), make.continue_(0), None);
    let step = make.assign_op(Place::Local(local(0)), BinaryOp::IntAdd, make.n(2));
    let body = make.block(vec![make.stmt(skip), make.stmt(step)], None);
    let body = make.block(vec![make.stmt(make.loop_(0, Some(test), body, Types::VOID))], Some(make.n(0)));
    let locals = [("i*", I), ("n*", I), ("step*", I), ("b", Types::BOOL)];
    check(
        &build(make, make.func(&locals, 4, I, body)),
        r#"
        fn0 "f"(i64, i64, i64, bool) -> i64 {
        block0(v0: i64 i, v1: i64 n, v2: i64 step, v3: bool b):
            jump block1(v0)
        block1(v4: i64 i):
            v5: bool = icmp lt v4, v1
            branch v5, block2, block6
        block2:
            branch v3, block3, block4
        block3:
            jump block5(v4)
        block4:
            v6: i64 i = iadd v4, v2
            jump block5(v6)
        block5(v7: i64 i):
            jump block1(v7)
        block6:
            return v4
        }
    "#,
    );
}

#[test]
fn an_inclusive_range_may_end_at_the_largest_int() {
    let bump = Bump::new();
    let make = Maker { bump: &bump };
    // for i in lo..=hi { println(i); }
    let body = make.builtin(Builtin::Println, vec![make.n(2)]);
    let body = make.for_range(0, 2, (make.n(0), make.n(1)), true, body);
    check(
        &build(make, make.func(&[("lo", I), ("hi", I), ("i", I)], 2, Types::VOID, body)),
        r#"
        fn0 "f"(i64, i64) {
        block0(v0: i64 lo, v1: i64 hi):
            v2: bool = icmp le v0, v1
            branch v2, block1(v0), block2
        block1(v3: i64 i):
            rt print_int(v3)
            rt print_newline()
            v4: i64 = iconst 1
            v5: i64 = iadd v3, v4
            v6: bool = icmp lt v3, v1
            branch v6, block1(v5), block2
        block2:
            return
        }
    "#,
    );
}

#[test]
fn checks_fault_at_the_operator() {
    let bump = Bump::new();
    let make = Maker { bump: &bump };
    // a / b % 7 << b
    let div = make.at(4, make.binary(BinaryOp::IntDiv, make.n(0), make.n(1)));
    let rem = make.at(15, make.binary(BinaryOp::IntRem, div, make.int(7)));
    let body = make.at(26, make.binary(BinaryOp::IntShl, rem, make.n(1)));
    check(
        &build(make, make.func(&[("a", I), ("b", I)], 2, I, body)),
        r#"
        fn0 "f"(i64, i64) -> i64 {
        block0(v0: i64 a, v1: i64 b):
            v2: i64 = iconst 0
            v3: bool = icmp eq v1, v2
            branch v3, block3, block1
        block1:
            v4: i64 = idiv v0, v1
            v5: i64 = iconst 7
            v6: i64 = irem v4, v5
            v7: i64 = iconst -64
            v8: i64 = iand v1, v7
            v9: i64 = iconst 0
            v10: bool = icmp ne v8, v9
            branch v10, block4, block2
        block2:
            v11: i64 = ishl v6, v1
            return v11
        block3:
            noreturn fault_division_by_zero() @ file0:1:5
        block4:
            noreturn fault_shift_amount(v1) @ file0:3:5
        }
    "#,
    );
}

#[test]
fn contracts_stand_at_entry_and_at_one_exit() {
    let bump = Bump::new();
    let make = Maker { bump: &bump };
    // requires n > 0, ensures result >= n: if n == 1 { return 1; } n = n + 1; n
    let at_entry = make.clause(2, make.binary(BinaryOp::IntCmp(CmpOp::Gt), make.n(0), make.int(0)), "bad n");
    let at_exit = make.clause(3, make.binary(BinaryOp::IntCmp(CmpOp::Ge), make.n(2), make.n(1)), "bad result");
    let is_one = make.binary(BinaryOp::IntCmp(CmpOp::Eq), make.n(0), make.int(1));
    let early = make.if_(is_one, make.return_(Some(make.int(1))), None);
    let step = make.assign_op(Place::Local(local(0)), BinaryOp::IntAdd, make.int(1));
    let body = make.block(vec![make.stmt(early), make.stmt(step)], Some(make.n(0)));
    let func = Func {
        requires: bump.alloc_slice_copy(&[at_entry]),
        entry_copies: bump.alloc_slice_copy(&[(local(0), local(1))]),
        result_local: Some(local(2)),
        ensures: bump.alloc_slice_copy(&[at_exit]),
        ..make.func(&[("n*", I), ("$n", I), ("result", I)], 1, I, body)
    };
    check(
        &build(make, func),
        r#"
        fn0 "f"(i64) -> i64 {
        block0(v0: i64 n):
            v1: i64 = iconst 0
            v2: bool = icmp gt v0, v1
            branch v2, block1, block6
        block1:
            v3: i64 = iconst 1
            v4: bool = icmp eq v0, v3
            branch v4, block2, block3
        block2:
            v5: i64 = iconst 1
            jump block4(v5)
        block3:
            v6: i64 = iconst 1
            v7: i64 n = iadd v0, v6
            jump block4(v7)
        block4(v8: i64 result):
            v9: bool = icmp ge v8, v0
            branch v9, block5, block7
        block5:
            return v8
        block6:
            v10: str = sconst str0 ; "bad n"
            noreturn fault_message(v10) @ file0:1:3
        block7:
            v11: str = sconst str1 ; "bad result"
            noreturn fault_message(v11) @ file0:1:4
        }
    "#,
    );
}

#[test]
fn a_tail_call_jumps_and_releases() {
    let bump = Bump::new();
    let make = Maker { bump: &bump };
    // if n == 0 { return s; } f(s + ".", n - 1)
    let done = make.binary(BinaryOp::IntCmp(CmpOp::Eq), make.n(1), make.int(0));
    let stop = make.if_(done, make.return_(Some(make.s(0))), None);
    let args = vec![make.concat(make.s(0), make.str(".")), make.binary(BinaryOp::IntSub, make.n(1), make.int(1))];
    let body = make.block(vec![make.stmt(stop)], Some(make.call(0, args, S, true)));
    check(
        &build(make, make.func(&[("s", S), ("n", I)], 2, S, body)),
        r#"
        fn0 "f"(str, i64) -> str {
        block0(v0: str s, v1: i64 n):
            jump block1(v0, v1)
        block1(v2: str s, v3: i64 n):
            v4: i64 = iconst 0
            v5: bool = icmp eq v3, v4
            branch v5, block2, block3
        block2:
            return v2
        block3:
            v6: str = retain v2
            v7: str = sconst str0 ; "."
            v8: str = rt str_concat(v6, v7)
            release v7
            v9: i64 = iconst 1
            v10: i64 = isub v3, v9
            release v2
            jump block1(v8, v10)
        }
    "#,
    );
}

#[test]
fn printing_needs_no_string_of_its_own() {
    let bump = Bump::new();
    let make = Maker { bump: &bump };
    // println("n = {n}, " + "s = {s}")
    let left = vec![make.str("n = "), make.display(make.n(0)), make.str(", ")];
    let right = vec![make.str("s = "), make.display(make.s(1))];
    let left = make.expr(ExprKind::Concat(make.list(left)), S);
    let right = make.expr(ExprKind::Concat(make.list(right)), S);
    let body = make.builtin(Builtin::Println, vec![make.concat(left, right)]);
    check(
        &build(make, make.func(&[("n", I), ("s", S)], 2, Types::VOID, body)),
        r#"
        fn0 "f"(i64, str) {
        block0(v0: i64 n, v1: str s):
            v2: str = sconst str0 ; "n = "
            rt print_str(v2)
            release v2
            rt print_int(v0)
            v3: str = sconst str1 ; ", s = "
            rt print_str(v3)
            release v3
            rt print_str(v1)
            rt print_newline()
            release v1
            return
        }
    "#,
    );
}

#[test]
fn conditions_branch_and_dead_code_is_not_built() {
    let bump = Bump::new();
    let make = Maker { bump: &bump };
    // if a && !b { return 1; println(2); } 0
    let print = make.builtin(Builtin::Println, vec![make.int(2)]);
    let then = make.block_of(vec![make.stmt(make.return_(Some(make.int(1)))), make.stmt(print)], None, Types::NEVER);
    let test = make.if_(make.and(make.b(0), make.not(make.b(1))), then, None);
    let body = make.block(vec![make.stmt(test)], Some(make.int(0)));
    check(
        &build(make, make.func(&[("a", Types::BOOL), ("b", Types::BOOL)], 2, I, body)),
        r#"
        fn0 "f"(bool, bool) -> i64 {
        block0(v0: bool a, v1: bool b):
            branch v0, block1, block3
        block1:
            branch v1, block3, block2
        block2:
            v2: i64 = iconst 1
            return v2
        block3:
            v3: i64 = iconst 0
            return v3
        }
    "#,
    );
}

#[test]
fn checked_globals_have_a_flag_and_counted_ones_end_empty() {
    let bump = Bump::new();
    let make = Maker { bump: &bump };
    let read = make.at(13, make.expr(ExprKind::Global(global(0)), S));
    let module = module(&program(make, vec![make.func(&[], 0, S, read)], &[("g", S, true)]));
    check(
        &print_module(&module),
        r#"
        file0 = "t.rz"
        str0 = ""
        str1 = "Identifier not found: g"
        g0 "g": str = str0
        g1 "g.ready": bool = false
        entry fn1

        fn0 "f"() -> str {
        block0:
            v0: bool = global_get g1
            v1: bool = not v0
            branch v1, block2, block1
        block1:
            v2: str = global_get g0
            return v2
        block2:
            v3: str = sconst str1 ; "Identifier not found: g"
            noreturn fault_message(v3) @ file0:2:3
        }

        fn1 "<top>"() -> i64 {
        block0:
            v0: i64 = iconst 0
            jump block1
        block1:
            v1: str = sconst str0 ; ""
            v2: str = global_replace g0, v1
            release v2
            return v0
        }
    "#,
    );
}

#[test]
fn a_static_is_reached_once() {
    let bump = Bump::new();
    let make = Maker { bump: &bump };
    let init = Stmt::InitStatic(global(0), bump.alloc(make.int(5)));
    let body = make.block(vec![init], Some(make.expr(ExprKind::Global(global(0)), I)));
    check(
        &build_with(make, make.func(&[], 0, I, body), &[("n", I, false)]),
        r#"
        fn0 "f"() -> i64 {
        block0:
            v0: bool = global_get g1
            branch v0, block2, block1
        block1:
            v1: bool = bconst true
            global_set g1, v1
            v2: i64 = iconst 5
            global_set g0, v2
            jump block2
        block2:
            v3: i64 = global_get g0
            return v3
        }
    "#,
    );
}

#[test]
fn long_chains_need_little_stack() {
    let bump = Bump::new();
    let make = Maker { bump: &bump };
    let mut sum = make.n(0);
    let mut text = make.s(1);
    for _ in 0..100_000 {
        sum = make.binary(BinaryOp::IntAdd, sum, make.n(0));
        text = make.concat(text, make.s(1));
    }
    let body = make.block(vec![make.stmt(text)], Some(sum));
    let text = build(make, make.func(&[("n", I), ("s", S)], 2, I, body));
    assert_eq!(text.matches("iadd").count(), 100_000);
    assert_eq!(text.matches("rt str_concat").count(), 100_000);
}

/// The compiler runs on a stack of 512 MiB; trees are up to 10 000 deep.
#[test]
fn deep_trees_fit_the_stack() {
    let build_deep = || {
        let bump = Bump::new();
        let make = Maker { bump: &bump };
        let mut value = make.n(0);
        for _ in 0..3_000 {
            value = make.binary(BinaryOp::IntSub, make.int(1), value);
            value = make.if_(make.b(1), make.block(vec![], Some(value)), Some(make.int(2)));
            let value_is_2 = make.binary(BinaryOp::IntCmp(CmpOp::Eq), make.int(2), value);
            value = make.if_(make.and(make.b(1), value_is_2), make.n(0), Some(make.int(3)));
        }
        build(make, make.func(&[("n*", I), ("b", Types::BOOL)], 2, I, value)).matches("isub").count()
    };
    let thread = std::thread::Builder::new().stack_size(512 << 20).spawn(build_deep);
    assert_eq!(thread.expect("a thread can be made").join().ok(), Some(3_000));
}
