//! The instructions whose encodings are compared with a reference assembler: every kind, with low and high registers, and
//! immediates at the ends of their ranges.

use resilient_thumb::inst::imms::{FloatImm, ModImm};
use resilient_thumb::inst::regs::{IP, LR, R0, R1, R2, R3, Reg, SP};
use resilient_thumb::inst::{
    Address, AluOp, BitOp, CmpOp, Cond, Flags, FpuBinary, FpuConvert, FpuUnary, Half, Inst, LoadOp, LongMulOp,
    Operand2, ShiftOp, StoreOp, Width,
};

const R7: Reg = Reg::core(7);
const R8: Reg = Reg::core(8);
const R11: Reg = Reg::core(11);

const FLAGS: [Flags; 2] = [Flags::Keep, Flags::Set];
const SHIFTS: [ShiftOp; 4] = [ShiftOp::Lsl, ShiftOp::Lsr, ShiftOp::Asr, ShiftOp::Ror];
const ALU: [AluOp; 10] = [
    AluOp::And,
    AluOp::Bic,
    AluOp::Orr,
    AluOp::Orn,
    AluOp::Eor,
    AluOp::Add,
    AluOp::Adc,
    AluOp::Sbc,
    AluOp::Sub,
    AluOp::Rsb,
];

/// Instructions, and the condition under which they stand, if any.
type Rows = Vec<(Inst, Option<Cond>)>;

/// All of them.
pub fn instructions() -> Rows {
    let mut rows = Rows::new();
    data_processing(&mut rows);
    moves_and_shifts(&mut rows);
    multiplications(&mut rows);
    bit_operations(&mut rows);
    memory(&mut rows);
    control(&mut rows);
    floating_point(&mut rows);
    conditional(&mut rows);
    rows
}

fn imm(value: u32) -> Operand2 {
    Operand2::Imm(ModImm::new(value).expect("encodable"))
}

fn data_processing(rows: &mut Rows) {
    let mut push = |inst| rows.push((inst, None));
    for op in ALU {
        for flags in FLAGS {
            for (rd, rn, src) in [
                (R0, R0, Operand2::Reg(R1)),
                (R1, R2, Operand2::Reg(R1)),
                (R3, R2, Operand2::Reg(R7)),
                (R8, R8, Operand2::Reg(IP)),
                (R2, R3, Operand2::Shifted(R7, ShiftOp::Lsl, 1)),
                (R2, R3, imm(0)),
                (LR, R11, imm(0xff00_0000)),
            ] {
                push(Inst::Alu { op, flags, rd, rn, src });
            }
        }
    }
    for op in [AluOp::Add, AluOp::Sub] {
        for flags in FLAGS {
            for value in [7, 8, 255, 256, 0x00ab_00ab, 0xab00_ab00, 0xabab_abab, 0x8000_0000, 0x1fe] {
                push(Inst::Alu { op, flags, rd: R3, rn: R3, src: imm(value) });
                push(Inst::Alu { op, flags, rd: R1, rn: R2, src: imm(value) });
            }
        }
        for value in [0x101, 4095] {
            push(Inst::alu(op, R1, R2, Operand2::Imm12(value)));
        }
        for value in [4, 508, 512, 1020, 1024] {
            push(Inst::alu(op, SP, SP, imm(value)));
            push(Inst::alu(op, R3, SP, imm(value)));
            push(Inst::alu(op, R8, SP, imm(value)));
        }
        push(Inst::alu(op, SP, SP, Operand2::Imm12(516)));
    }
    for (op, amount) in
        [(ShiftOp::Lsl, 31), (ShiftOp::Lsr, 1), (ShiftOp::Lsr, 32), (ShiftOp::Asr, 32), (ShiftOp::Ror, 31)]
    {
        push(Inst::alus(AluOp::Eor, R0, R1, Operand2::Shifted(R8, op, amount)));
    }
    for op in [CmpOp::Tst, CmpOp::Teq, CmpOp::Cmn, CmpOp::Cmp] {
        for (rn, src) in [
            (R0, Operand2::Reg(R7)),
            (R8, Operand2::Reg(R1)),
            (R1, Operand2::Reg(LR)),
            (R2, imm(0)),
            (R2, imm(255)),
            (R2, imm(256)),
            (R11, imm(1)),
            (R3, Operand2::Shifted(R3, ShiftOp::Asr, 31)),
        ] {
            push(Inst::Cmp { op, rn, src });
        }
    }
}

fn moves_and_shifts(rows: &mut Rows) {
    let mut push = |inst| rows.push((inst, None));
    for flags in FLAGS {
        for rd in [R0, R8] {
            for value in [0, 255, 256, 0xff00_ff00] {
                push(Inst::Mov { flags, rd, src: imm(value) });
                push(Inst::Mvn { flags, rd, src: imm(value) });
            }
            for rm in [R7, R11] {
                push(Inst::Mov { flags, rd, src: Operand2::Reg(rm) });
                push(Inst::Mvn { flags, rd, src: Operand2::Reg(rm) });
            }
        }
        for op in SHIFTS {
            for (rd, rn, rm) in [(R0, R0, R1), (R0, R1, R2), (R8, R8, R0)] {
                push(Inst::Shift { op, flags, rd, rn, rm });
            }
            for amount in [1, 31] {
                push(Inst::Mov { flags, rd: R1, src: Operand2::Shifted(R7, op, amount) });
                push(Inst::Mov { flags, rd: R1, src: Operand2::Shifted(R8, op, amount) });
            }
        }
        for op in [ShiftOp::Lsr, ShiftOp::Asr] {
            push(Inst::Mov { flags, rd: R1, src: Operand2::Shifted(R7, op, 32) });
        }
    }
    push(Inst::mov(SP, R7));
    push(Inst::mov(R7, SP));
    for value in [0, 0x0800, 0x1234, 0xffff] {
        push(Inst::Movw { rd: R8, half: Half::Value(value) });
        push(Inst::Movt { rd: R1, rn: R1, half: Half::Value(value) });
    }
}

fn multiplications(rows: &mut Rows) {
    let mut push = |inst| rows.push((inst, None));
    push(Inst::Mul { flags: Flags::Set, rd: R1, rn: R0, rm: R1 });
    push(Inst::Mul { flags: Flags::Keep, rd: R1, rn: R0, rm: R1 });
    push(Inst::Mul { flags: Flags::Keep, rd: R8, rn: R0, rm: LR });
    push(Inst::Mla { rd: R8, rn: R0, rm: LR, ra: R3 });
    push(Inst::Mls { rd: R8, rn: R0, rm: LR, ra: R3 });
    for op in [LongMulOp::Smull, LongMulOp::Umull] {
        push(Inst::MulLong { op, lo: R1, hi: R8, rn: R3, rm: R11 });
    }
    for op in [LongMulOp::Smlal, LongMulOp::Umlal] {
        push(Inst::MulAcc { op, lo: R1, hi: R8, acc_lo: R1, acc_hi: R8, rn: R3, rm: R11 });
    }
    for signed in [false, true] {
        push(Inst::Div { signed, rd: R0, rn: R11, rm: R2 });
    }
}

fn bit_operations(rows: &mut Rows) {
    let mut push = |inst| rows.push((inst, None));
    for op in [
        BitOp::Clz,
        BitOp::Rbit,
        BitOp::Rev,
        BitOp::Rev16,
        BitOp::Revsh,
        BitOp::Sxtb,
        BitOp::Sxth,
        BitOp::Uxtb,
        BitOp::Uxth,
    ] {
        push(Inst::Bits { op, rd: R1, rm: R7 });
        push(Inst::Bits { op, rd: R8, rm: R7 });
    }
    for (lsb, width) in [(0, 1), (0, 32), (31, 1), (5, 13), (16, 16)] {
        push(Inst::Bfx { signed: false, rd: R1, rn: R8, lsb, width });
        push(Inst::Bfx { signed: true, rd: R11, rn: R2, lsb, width });
        push(Inst::Bfi { rd: R1, base: R1, rn: R3, lsb, width });
    }
}

fn memory(rows: &mut Rows) {
    let mut push = |inst| rows.push((inst, None));
    let mut addresses = vec![
        Address::Index(R1, R2, 0),
        Address::Index(R1, R2, 3),
        Address::Index(R8, R2, 0),
        Address::Index(R1, LR, 1),
        Address::Base(R8, 0),
    ];
    addresses.extend([0, 1, 2, 4, 31, 32, 62, 64, 124, 128, 4095, -1, -255].map(|offset| Address::Base(R1, offset)));
    addresses.extend([0, 4, 1020, 1024].map(|offset| Address::Base(SP, offset)));
    for &addr in &addresses {
        for op in [LoadOp::B, LoadOp::Sb, LoadOp::H, LoadOp::Sh, LoadOp::W] {
            push(Inst::Load { op, rd: R3, addr });
        }
        for op in [StoreOp::B, StoreOp::H, StoreOp::W] {
            push(Inst::Store { op, rs: R7, addr });
        }
    }
    push(Inst::Load { op: LoadOp::W, rd: R8, addr: Address::Base(R1, 0) });
    push(Inst::Store { op: StoreOp::W, rs: R8, addr: Address::Base(SP, 8) });
    for offset in [0, 4, -4, 1020, -1020] {
        push(Inst::LoadPair { lo: R3, hi: R0, addr: Address::Base(R8, offset) });
        push(Inst::StorePair { lo: R8, hi: LR, addr: Address::Base(SP, offset) });
    }
    for list in [1 << 4, 0x00ff, 0x40f0, 1 << 14, 1 << 8, 0x4ff0] {
        push(Inst::Push { list });
    }
    for list in [1 << 4, 0x00ff, 0x80f0, 1 << 15, 1 << 8, 0x8ff0] {
        push(Inst::Pop { list });
    }
}

fn control(rows: &mut Rows) {
    let mut push = |inst| rows.push((inst, None));
    push(Inst::Bx { rm: LR });
    push(Inst::Bx { rm: R3 });
    push(Inst::Udf { code: 0 });
    push(Inst::Udf { code: 255 });
    push(Inst::Nop);
}

fn floating_point(rows: &mut Rows) {
    let mut push = |inst| rows.push((inst, None));
    let s = Reg::single;
    for (width, [a, b, c]) in [(Width::F32, [s(0), s(31), s(17)]), (Width::F64, [s(0), s(30), s(18)])] {
        for op in [FpuBinary::Add, FpuBinary::Sub, FpuBinary::Mul, FpuBinary::Div] {
            push(Inst::FpuBinary { op, width, rd: a, rn: b, rm: c });
            push(Inst::FpuBinary { op, width, rd: c, rn: a, rm: b });
        }
        for op in [FpuUnary::Mov, FpuUnary::Abs, FpuUnary::Neg, FpuUnary::Sqrt] {
            push(Inst::FpuUnary { op, width, rd: b, rm: c });
        }
        for op in [
            FpuConvert::FromSigned(width),
            FpuConvert::FromUnsigned(width),
            FpuConvert::ToSigned(width),
            FpuConvert::ToUnsigned(width),
        ] {
            push(Inst::FpuConvert { op, rd: b, rm: c });
        }
        for offset in [0, 4, -4, 1020, -1020] {
            push(Inst::FpuLoad { width, rd: b, addr: Address::Base(R1, offset) });
            push(Inst::FpuStore { width, rs: c, addr: Address::Base(SP, offset) });
        }
        for value in [1.0f32, -2.0, 0.125, 31.0, 0.1328125] {
            let imm = FloatImm::from_f32_bits(value.to_bits()).expect("encodable");
            push(Inst::FpuImm { width, rd: b, imm });
        }
        push(Inst::FpuPush { width, first: s(16), count: 8 });
        push(Inst::FpuPop { width, first: s(16), count: 1 });
    }
    push(Inst::FpuConvert { op: FpuConvert::Promote, rd: s(30), rm: s(17) });
    push(Inst::FpuConvert { op: FpuConvert::Demote, rd: s(17), rm: s(30) });
    push(Inst::FpuTakeHigh { rd: s(4), rn: s(30) });
    push(Inst::FpuPutHigh { rd: s(30), base: s(30), rm: s(4) });
    push(Inst::CoreToSingle { rd: s(31), rt: R8 });
    push(Inst::SingleToCore { rt: R8, rn: s(31) });
    push(Inst::CoreToDouble { rd: s(30), lo: R8, hi: R1 });
    push(Inst::DoubleToCore { lo: R8, hi: R1, rn: s(30) });
}

fn conditional(rows: &mut Rows) {
    for cond in Cond::ALL {
        rows.push((Inst::Mov { flags: Flags::Keep, rd: R1, src: imm(1) }, Some(cond)));
    }
    for inst in [
        Inst::mov(R1, R8),
        Inst::mov(R1, R2),
        Inst::Mov { flags: Flags::Keep, rd: R1, src: imm(256) },
        Inst::Mov { flags: Flags::Keep, rd: R1, src: Operand2::Shifted(R2, ShiftOp::Lsl, 3) },
        Inst::Mvn { flags: Flags::Keep, rd: R1, src: imm(0) },
        Inst::Cmp { op: CmpOp::Cmp, rn: R1, src: Operand2::Reg(R2) },
        Inst::alu(AluOp::Add, R1, R1, imm(200)),
        Inst::alu(AluOp::Orr, R1, R1, Operand2::Reg(R2)),
        Inst::alu(AluOp::Rsb, R1, R2, imm(0)),
        Inst::FpuUnary { op: FpuUnary::Mov, width: Width::F32, rd: Reg::single(1), rm: Reg::single(2) },
        Inst::FpuUnary { op: FpuUnary::Mov, width: Width::F64, rd: Reg::single(2), rm: Reg::single(4) },
    ] {
        rows.push((inst, Some(Cond::Lt)));
    }
}
