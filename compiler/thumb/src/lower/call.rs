//! Calls, arguments and results: the Procedure Call Standard for the Arm Architecture (AAPCS32, release 2024Q3, chapters 6
//! and 7).
//!
//! The program's own functions follow the same rules, with two additions: several results take registers one after the
//! other, as arguments do; and narrow integers have zeros above, which only `uext` promises otherwise.

use cranelift_codegen::ir::{self, AbiParam, ArgumentExtension, ArgumentPurpose, Signature, Type, Value, types};
use cranelift_codegen::isa::CallConv;
use regalloc2::{PReg, RegClass};

use super::{Lower, Part, Repr};
use crate::error::{ErrorKind, Result};
use crate::inst::regs::{R0, R1, R2, R3, Reg};
use crate::inst::{Address, CallInfo, Callee, FrameSlot, Inst, LoadOp, StoreOp, Symbol, Width};
use crate::regalloc::call_clobbers;
use crate::target::{Fpu, Target};

/// Where a value is passed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Place {
    /// In a core register.
    Core(Reg),
    /// In two core registers.
    CorePair([Reg; 2]),
    /// In a floating-point register.
    Fpu(Reg, Width),
    /// In memory, at this distance from the first such argument.
    Stack(u32),
}

/// Whether parameters and results of a signature come with zeros above.
pub(super) fn extends_params(signature: &Signature) -> impl Fn(&AbiParam) -> bool + use<> {
    let own = is_own(signature);
    move |param| match param.extension {
        ArgumentExtension::Uext => true,
        ArgumentExtension::Sext => false,
        ArgumentExtension::None => own,
    }
}

/// Whether only this compiler makes and calls such functions.
fn is_own(signature: &Signature) -> bool {
    matches!(signature.call_conv, CallConv::Tail | CallConv::Fast)
}

/// Hands out registers and stack words in order.
struct Assigner<'a> {
    target: &'a Target,
    /// Next core register.
    core: u32,
    /// Floating-point registers in use, in words.
    fpu: u32,
    /// Bytes of arguments in memory.
    stack: u32,
}

impl Assigner<'_> {
    fn new(target: &Target) -> Assigner<'_> {
        Assigner { target, core: 0, fpu: 0, stack: 0 }
    }

    /// The place of a value of this type; `None` if there is no rule for it.
    fn place(&mut self, ty: Type) -> Option<Place> {
        match ty {
            types::F32 if self.target.is_hard() => Some(self.place_float(Width::F32)),
            types::F64 if self.target.is_hard() => Some(self.place_float(Width::F64)),
            types::I64 | types::F64 => Some(self.place_pair()),
            types::I8 | types::I16 | types::I32 | types::F32 => Some(self.place_word()),
            _ => None,
        }
    }

    fn place_word(&mut self) -> Place {
        if self.core < 4 {
            self.core += 1;
            return Place::Core(Reg::core(self.core as u8 - 1));
        }
        self.stack += 4;
        Place::Stack(self.stack - 4)
    }

    fn place_pair(&mut self) -> Place {
        self.core = self.core.next_multiple_of(2);
        if self.core < 4 {
            self.core += 2;
            return Place::CorePair([Reg::core(self.core as u8 - 2), Reg::core(self.core as u8 - 1)]);
        }
        self.stack = self.stack.next_multiple_of(8) + 8;
        Place::Stack(self.stack - 8)
    }

    /// Floats go to the first free registers, also behind later ones: rule C.1 of the variant for VFP.
    fn place_float(&mut self, width: Width) -> Place {
        let size = if width == Width::F64 { 2 } else { 1 };
        let mask = if width == Width::F64 { 3 } else { 1 };
        for first in (0..16).step_by(size) {
            if self.fpu >> first & mask == 0 {
                self.fpu |= mask << first;
                return Place::Fpu(Reg::single(first as u8), width);
            }
        }
        self.fpu = 0xffff;
        let bytes = 4 * size as u32;
        self.stack = self.stack.next_multiple_of(bytes) + bytes;
        Place::Stack(self.stack - bytes)
    }
}

/// The register of which this one is the high half.
fn low_half(reg: Reg) -> PReg {
    Reg::single(reg.number() as u8 - 1).preg()
}

impl Lower<'_> {
    /// Whether a register is half of one that the allocator knows. Its other half holds a float that was placed before.
    fn is_high_half(&self, reg: Reg) -> bool {
        self.target.fpu == Fpu::Double && reg.number() % 2 == 1
    }

    fn check_signature(&self, signature: &Signature) -> std::result::Result<(), &'static str> {
        let known = matches!(signature.call_conv, CallConv::Tail | CallConv::Fast | CallConv::SystemV);
        if !known {
            return Err("calling convention");
        }
        let plain = |param: &AbiParam| matches!(param.purpose, ArgumentPurpose::Normal | ArgumentPurpose::StructReturn);
        if !signature.params.iter().chain(&signature.returns).all(plain) {
            return Err("purpose of a parameter");
        }
        Ok(())
    }

    fn places(&self, params: &[AbiParam]) -> std::result::Result<(Vec<Place>, u32), &'static str> {
        let mut assigner = Assigner::new(self.target);
        let mut places = Vec::with_capacity(params.len());
        for param in params {
            places.push(assigner.place(param.value_type).ok_or("type of a parameter or result")?);
        }
        Ok((places, assigner.stack))
    }

    fn result_places(&self, signature: &Signature) -> std::result::Result<Vec<Place>, &'static str> {
        let (places, stack) = self.places(&signature.returns)?;
        if stack > 0 {
            return Err("more results than registers");
        }
        Ok(places)
    }

    /// Takes over the arguments at the entry.
    pub(super) fn lower_params(&mut self, entry: ir::Block) -> Result<()> {
        let what = || format!("signature {}", self.func.signature);
        let refuse = |reason| ErrorKind::Unsupported { what: what(), reason };
        self.check_signature(&self.func.signature).map_err(refuse)?;
        let (places, _) = self.places(&self.func.signature.params).map_err(refuse)?;
        let params = self.func.dfg.block_params(entry);
        if params.len() != places.len() {
            return Err(ErrorKind::Invalid("parameters of the entry block".into()));
        }
        let mut defs = Vec::new();
        for (&param, &place) in params.iter().zip(&places) {
            self.take(param, place, &mut defs, FrameSlot::Incoming);
        }
        self.insts.insert(0, Inst::Args { defs });
        Ok(())
    }

    /// Defines a value from where it was passed; `defs` gets its registers.
    fn take(&mut self, value: Value, place: Place, defs: &mut Vec<(Reg, PReg)>, slot: fn(u32) -> FrameSlot) {
        let repr = self.repr_of(value);
        match (place, repr) {
            (Place::Core(reg), Repr::Word) => defs.push((self.result(value, Part::Lo), reg.preg())),
            (Place::CorePair([lo, hi]), Repr::Pair) => {
                defs.push((self.result(value, Part::Lo), lo.preg()));
                defs.push((self.result(value, Part::Hi), hi.preg()));
            }
            (Place::Fpu(reg, _), Repr::Float(_)) if self.is_high_half(reg) => {
                let low = defs.iter().find(|(_, preg)| *preg == low_half(reg));
                if let Some(&(rn, _)) = low {
                    let rd = self.result(value, Part::Lo);
                    self.emit(Inst::FpuTakeHigh { rd, rn });
                }
            }
            (Place::Fpu(reg, _), Repr::Float(_)) => defs.push((self.result(value, Part::Lo), reg.preg())),
            (Place::Core(reg), _) => {
                let rt = self.temp();
                defs.push((rt, reg.preg()));
                let rd = self.result(value, Part::Lo);
                self.emit(Inst::CoreToSingle { rd, rt });
            }
            (Place::CorePair(regs), _) => {
                let [lo, hi] = [self.temp(), self.temp()];
                defs.extend([(lo, regs[0].preg()), (hi, regs[1].preg())]);
                let rd = self.result(value, Part::Lo);
                self.emit(Inst::CoreToDouble { rd, lo, hi });
            }
            // A binary64 in a pair of single-precision registers, of a processor that computes it in helpers.
            (Place::Fpu(reg, _), _) => {
                for (part, number) in [(Part::Lo, reg.number()), (Part::Hi, reg.number() + 1)] {
                    let rn = self.new_reg(RegClass::Float);
                    defs.push((rn, Reg::single(number as u8).preg()));
                    let rt = self.result(value, part);
                    self.emit(Inst::SingleToCore { rt, rn });
                }
            }
            (Place::Stack(offset), Repr::Float(width)) => {
                let rd = self.result(value, Part::Lo);
                self.emit(Inst::FpuLoad { width, rd, addr: Address::Frame(slot(offset), 0) });
            }
            (Place::Stack(offset), _) => {
                let op = LoadOp::W;
                let rd = self.result(value, Part::Lo);
                self.emit(Inst::Load { op, rd, addr: Address::Frame(slot(offset), 0) });
                if repr == Repr::Pair {
                    let rd = self.result(value, Part::Hi);
                    self.emit(Inst::Load { op, rd, addr: Address::Frame(slot(offset), 4) });
                }
            }
        }
    }

    /// Puts a value where it is passed; `uses` gets its registers.
    fn pass(&mut self, value: Value, place: Place, extension: ArgumentExtension, uses: &mut Vec<(Reg, PReg)>) {
        let repr = self.repr_of(value);
        match (place, repr) {
            (Place::Core(reg), Repr::Word) => uses.push((self.argument_word(value, extension), reg.preg())),
            (Place::CorePair([lo, hi]), Repr::Pair) => {
                uses.push((self.half(value, Part::Lo), lo.preg()));
                uses.push((self.half(value, Part::Hi), hi.preg()));
            }
            (Place::Fpu(reg, _), Repr::Float(_)) if self.is_high_half(reg) => {
                let rm = self.word(value);
                let rd = self.new_reg(RegClass::Float);
                let low = uses.iter_mut().find(|(_, preg)| *preg == low_half(reg));
                if let Some((low, _)) = low {
                    let base = std::mem::replace(low, rd);
                    self.emit(Inst::FpuPutHigh { rd, base, rm });
                }
            }
            (Place::Fpu(reg, _), Repr::Float(_)) => uses.push((self.word(value), reg.preg())),
            (Place::Core(reg), _) => {
                let (rt, rn) = (self.temp(), self.word(value));
                self.emit(Inst::SingleToCore { rt, rn });
                uses.push((rt, reg.preg()));
            }
            (Place::CorePair(regs), _) => {
                let (lo, hi, rn) = (self.temp(), self.temp(), self.word(value));
                self.emit(Inst::DoubleToCore { lo, hi, rn });
                uses.extend([(lo, regs[0].preg()), (hi, regs[1].preg())]);
            }
            (Place::Fpu(reg, _), _) => {
                for (part, number) in [(Part::Lo, reg.number()), (Part::Hi, reg.number() + 1)] {
                    let rt = self.half(value, part);
                    let rd = self.new_reg(RegClass::Float);
                    self.emit(Inst::CoreToSingle { rd, rt });
                    uses.push((rd, Reg::single(number as u8).preg()));
                }
            }
            (Place::Stack(offset), Repr::Float(width)) => {
                let rs = self.word(value);
                self.emit(Inst::FpuStore { width, rs, addr: Address::Frame(FrameSlot::Outgoing(offset), 0) });
            }
            (Place::Stack(offset), Repr::Word) => {
                let rs = self.argument_word(value, extension);
                let addr = Address::Frame(FrameSlot::Outgoing(offset), 0);
                self.emit(Inst::Store { op: StoreOp::W, rs, addr });
            }
            (Place::Stack(offset), Repr::Pair) => {
                let [lo, hi] = self.pair(value);
                self.emit(Inst::StorePair { lo, hi, addr: Address::Frame(FrameSlot::Outgoing(offset), 0) });
            }
        }
    }

    /// A word that is passed: narrow integers are extended, with zeros if nothing else is said.
    fn argument_word(&mut self, value: Value, extension: ArgumentExtension) -> Reg {
        match self.ty(value) {
            types::I8 | types::I16 => self.extended_word(value, extension == ArgumentExtension::Sext),
            _ => self.word(value),
        }
    }

    /// `return`
    pub(super) fn lower_return(&mut self, inst: ir::Inst) -> Result<()> {
        let signature = &self.func.signature;
        let places = self.result_places(signature).map_err(|reason| self.unsupported(inst, reason))?;
        let mut uses = Vec::new();
        let values = self.func.dfg.inst_args(inst);
        for ((&value, &place), param) in values.iter().zip(&places).zip(&signature.returns) {
            self.pass(value, place, param.extension, &mut uses);
        }
        self.emit(Inst::Ret { uses });
        Ok(())
    }

    /// `call`, `call_indirect`
    pub(super) fn lower_call(&mut self, inst: ir::Inst) -> Result<()> {
        let dfg = &self.func.dfg;
        let Some(signature) = dfg.call_signature(inst) else { return Err(self.unsupported(inst, "call")) };
        let signature = &dfg.signatures[signature];
        let refuse = |reason| self.unsupported(inst, reason);
        self.check_signature(signature).map_err(refuse)?;
        let (places, stack) = self.places(&signature.params).map_err(refuse)?;
        let result_places = self.result_places(signature).map_err(refuse)?;
        self.outgoing = self.outgoing.max(stack.next_multiple_of(8));

        let (callee, args) = match &dfg.insts[inst] {
            ir::InstructionData::Call { func_ref, .. } => {
                (Callee::Symbol(Symbol::External(dfg.ext_funcs[*func_ref].name.clone())), dfg.inst_args(inst))
            }
            _ => {
                let args = dfg.inst_args(inst);
                (Callee::Reg(self.word(args[0])), &args[1..])
            }
        };
        let mut uses = Vec::new();
        // Arguments in memory first, so that they hold no registers.
        for in_memory in [true, false] {
            for ((&arg, &place), param) in args.iter().zip(&places).zip(&signature.params) {
                if matches!(place, Place::Stack(_)) == in_memory {
                    self.pass(arg, place, param.extension, &mut uses);
                }
            }
        }
        let call = self.insts.len();
        let mut defs = Vec::new();
        for (&value, &place) in self.func.dfg.inst_results(inst).iter().zip(&result_places) {
            self.take(value, place, &mut defs, FrameSlot::Outgoing);
        }
        self.insts.insert(call, self.call_inst(callee, uses, defs));
        Ok(())
    }

    fn call_inst(&self, callee: Callee, uses: Vec<(Reg, PReg)>, defs: Vec<(Reg, PReg)>) -> Inst {
        let mut clobbers = call_clobbers(self.target);
        defs.iter().for_each(|(_, preg)| clobbers.remove(*preg));
        Inst::Call { info: Box::new(CallInfo { callee, uses, defs, clobbers }) }
    }

    /// Calls a helper of the run-time ABI, which takes and gives everything in core registers.
    pub(super) fn helper(&mut self, name: &'static str, args: &[Reg], results: usize) -> [Reg; 4] {
        let regs = [R0, R1, R2, R3];
        let uses = args.iter().zip(regs).map(|(&arg, reg)| (arg, reg.preg())).collect();
        let results_regs: [Reg; 4] = std::array::from_fn(|_| self.temp());
        let defs = results_regs.iter().zip(regs).take(results).map(|(&reg, fixed)| (reg, fixed.preg())).collect();
        let call = self.call_inst(Callee::Symbol(Symbol::Helper(name)), uses, defs);
        self.emit(call);
        results_regs
    }
}
