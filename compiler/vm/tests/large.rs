//! Windows beyond 8-bit registers, and beyond all limits.

use std::time::{Duration, Instant};

use resilient_base::{EntityRef, PrimaryMap};
use resilient_mir::ir::*;
use resilient_vm::{Limit, compile, disassemble};

fn module(funcs: impl IntoIterator<Item = Function>) -> Module {
    Module {
        funcs: funcs.into_iter().collect(),
        globals: PrimaryMap::new(),
        strings: PrimaryMap::new(),
        files: PrimaryMap::new(),
        aggs: PrimaryMap::new(),
        layouts: PrimaryMap::new(),
        sigs: PrimaryMap::new(),
        entry: FuncId::new(0),
    }
}

fn value(func: &mut Function, block: Block, kind: InstKind) -> Value {
    let inst = func.append_inst(block, kind, &[Ty::I64], None);
    func.insts[inst].results[0]
}

fn constant(func: &mut Function, block: Block, k: i64) -> Value {
    value(func, block, InstKind::Const(Const::Int(k)))
}

/// `v0 * 1 + v1 * 2 + ...`
fn weighted_sum(func: &mut Function, block: Block, values: &[Value]) -> Value {
    let mut sum = constant(func, block, 0);
    for (i, &v) in values.iter().enumerate() {
        let weight = constant(func, block, i as i64 + 1);
        let product = value(func, block, InstKind::Binary(BinaryOp::IntMul, v, weight));
        sum = value(func, block, InstKind::Binary(BinaryOp::IntAdd, sum, product));
    }
    sum
}

/// A function with `n` params that gives them back in reverse order, and one that calls it and sums up.
fn reversal(n: usize) -> Module {
    let mut main = Function::new("main", Vec::new(), vec![Ty::I64]);
    let block = main.add_block();
    let zero = constant(&mut main, block, 0);
    let args: Vec<Value> = (0..n)
        .map(|i| {
            let k = constant(&mut main, block, i as i64 * 1000);
            value(&mut main, block, InstKind::Binary(BinaryOp::IntXor, zero, k))
        })
        .collect();
    let call = main.append_inst(block, InstKind::Call(FuncId::new(1), args), &vec![Ty::I64; n], None);
    let results = main.insts[call].results.clone();
    let sum = weighted_sum(&mut main, block, &results);
    main.blocks[block].terminator = Terminator::Return(vec![sum]);

    let mut reverse = Function::new("reverse", vec![Param { ty: Ty::I64, borrowed: false }; n], vec![Ty::I64; n]);
    let block = reverse.add_block();
    let mut params: Vec<Value> = (0..n).map(|_| reverse.add_param(block, Ty::I64)).collect();
    params.reverse();
    reverse.blocks[block].terminator = Terminator::Return(params);
    module([main, reverse])
}

#[test]
fn many_arguments_and_results() {
    for n in [2, 3, 100, 125, 126, 127, 250, 251, 252, 253, 254, 255, 256, 257, 300, 1000] {
        let program = compile(&reversal(n)).expect("within limits");
        let expected = (0..n).map(|i| (n - 1 - i) as i64 * 1000 * (i as i64 + 1)).sum::<i64>();
        assert_eq!(program.run(), expected, "{n}\n{}", disassemble(&program));
    }
}

/// A loop whose `n` parameters are rotated `turns` times.
fn rotation(n: usize, turns: i64) -> Module {
    let mut main = Function::new("main", Vec::new(), vec![Ty::I64]);
    let (entry, body, exit) = (main.add_block(), main.add_block(), main.add_block());
    let params: Vec<Value> = (0..=n).map(|_| main.add_param(body, Ty::I64)).collect();
    let zero = constant(&mut main, entry, 0);
    let args: Vec<Value> = (0..=n)
        .map(|i| {
            let k = constant(&mut main, entry, i as i64 * 100_000);
            value(&mut main, entry, InstKind::Binary(BinaryOp::IntXor, zero, k))
        })
        .collect();
    main.blocks[entry].terminator = Terminator::Jump(BlockCall { block: body, args });
    let one = constant(&mut main, body, 1);
    let turn = value(&mut main, body, InstKind::Binary(BinaryOp::IntAdd, params[0], one));
    let turns = constant(&mut main, body, turns);
    let cmp = main.append_inst(body, InstKind::IntCmp(CmpOp::Le, turn, turns), &[Ty::Bool], None);
    let cond = main.insts[cmp].results[0];
    let mut rotated = params[1..].to_vec();
    rotated.rotate_left(1);
    let args = [&[turn], &rotated[..]].concat();
    let back = BlockCall { block: body, args };
    main.blocks[body].terminator = Terminator::Branch(cond, back, BlockCall { block: exit, args: Vec::new() });
    let sum = weighted_sum(&mut main, exit, &params[1..]);
    main.blocks[exit].terminator = Terminator::Return(vec![sum]);
    module([main])
}

#[test]
fn long_cycles_of_moves() {
    for n in [1, 2, 5, 200, 250, 251, 252, 253, 254, 255, 300, 600] {
        for turns in [0, 1, 7] {
            let program = compile(&rotation(n, turns)).expect("within limits");
            let at = |i: usize| ((i + turns as usize) % n + 1) as i64 * 100_000;
            let expected = (0..n).map(|i| at(i) * (i as i64 + 1)).sum::<i64>();
            assert_eq!(program.run(), expected, "{n}, {turns}\n{}", disassemble(&program));
        }
    }
}

#[test]
fn too_many_live_values_are_an_error() {
    let start = Instant::now();
    compile(&rotation(60_000, 1)).expect("within limits");
    let Err(error) = compile(&rotation(70_000, 1)) else { panic!("window of 70 000 words") };
    assert_eq!(error.limit, Limit::Registers);
    assert_eq!(&*error.function, "main");
    assert!(error.to_string().contains("`main`"));
    assert!(start.elapsed() < Duration::from_secs(60), "allocation is not quadratic: {:?}", start.elapsed());
}

/// Calls the runtime with four arguments, all of them beyond 8-bit registers.
#[test]
fn far_arguments_of_the_runtime() {
    let n = 300;
    let ones: String = (0..n).map(|i| format!("v{i}: i64 = global_get g0\n")).collect();
    let sum: String =
        (1..n).map(|i| format!("v{}: i64 = iadd v{}, v{i}\n", n + i, if i == 1 { 0 } else { n + i - 1 })).collect();
    let last = 2 * n - 1;
    let text = format!(
        "file0 = \"a.rz\"
        str0 = \"abcdef\"
        g0 \"one\": i64 = 1
        g1 \"text\": str = str0
        entry fn0
        fn0 \"main\"() -> i64 {{
        block0:
            {ones}
            v1000: str = global_get g1
            v1001: i64 = global_get g0
            v1002: i64 = iadd v1001, v1001
            v1003: bool = icmp eq v1001, v1001
            v1004: str = rt str_slice(v1000, v1001, v1002, v1003) @ file0:1:1
            release v1000
            v1005: i64 = rt str_len(v1004)
            release v1004
            {sum}
            v1006: i64 = iadd v{last}, v1005
            return v1006
        }}"
    );
    let module = resilient_mir::read::read_module(&text).unwrap_or_else(|error| panic!("{error}"));
    let program = compile(&module).expect("within limits");
    assert!(disassemble(&program).contains("load_far"));
    assert_eq!(program.run(), n + 2);
}
