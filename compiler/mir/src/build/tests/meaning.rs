//! Two small evaluators, of the typed program and of its MIR, for the forms that random programs have. Both write what
//! happens into a log; where both get to the end the logs must agree, else one must start as the other does.

use std::collections::HashMap;

use resilient_abi::RtFn;
use resilient_base::EntityRef;
use resilient_sema::typed::{self, Builtin, Expr, ExprKind, LocalId, Place, Program, Stmt};

use crate::ir::{self, BlockCall, Const, FuncId, InstKind, Module, Terminator};

/// A value of either program.
#[derive(Clone, Debug, PartialEq)]
enum Value {
    Void,
    Int(i64),
    Bool(bool),
    Str(String),
}

impl Value {
    fn int(&self) -> i64 {
        let Value::Int(value) = self else { panic!("{self:?} is no int") };
        *value
    }

    fn bool(&self) -> bool {
        let Value::Bool(value) = self else { panic!("{self:?} is no bool") };
        *value
    }

    fn str(&self) -> &str {
        let Value::Str(value) = self else { panic!("{self:?} is no string") };
        value
    }
}

/// Why a run ended early.
#[derive(Debug)]
enum Stop {
    Fault(String),
    OutOfFuel,
}

/// What happened, and whether the run came to its end.
pub(super) struct Log {
    text: String,
    is_complete: bool,
}

impl Log {
    fn end(mut text: String, result: Result<Value, Stop>) -> Log {
        match &result {
            Ok(value) => text.push_str(&format!("result {value:?}")),
            Err(Stop::Fault(message)) => text.push_str(&format!("fault {message}")),
            Err(Stop::OutOfFuel) => {}
        }
        Log { text, is_complete: !matches!(result, Err(Stop::OutOfFuel)) }
    }

    pub(super) fn agrees_with(&self, other: &Log) -> bool {
        match (self.is_complete, other.is_complete) {
            (true, true) => self.text == other.text,
            (false, true) => other.text.starts_with(&self.text),
            (true, false) => self.text.starts_with(&other.text),
            (false, false) => self.text.starts_with(&other.text) || other.text.starts_with(&self.text),
        }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn is_complete(&self) -> bool {
        self.is_complete
    }
}

/// Iterations and calls of the typed program; ten times as many blocks of the MIR.
const FUEL: u32 = 300;
const MAX_DEPTH: u32 = 6;
/// Longer strings end the run.
const MAX_LEN: usize = 2_000;

fn repeat(text: &str, count: i64) -> Result<Value, Stop> {
    match usize::try_from(count) {
        Err(_) => Err(Stop::Fault("count".to_string())),
        Ok(count) if text.len().saturating_mul(count) > MAX_LEN => Err(Stop::OutOfFuel),
        Ok(count) => Ok(Value::Str(text.repeat(count))),
    }
}

fn concat(left: &str, right: &str) -> Result<Value, Stop> {
    if left.len() + right.len() > MAX_LEN { Err(Stop::OutOfFuel) } else { Ok(Value::Str(format!("{left}{right}"))) }
}

// The typed program

enum Exit {
    Stop(Stop),
    Return(Value),
    Break(typed::LoopId, Value),
    Continue(typed::LoopId),
}

impl From<Stop> for Exit {
    fn from(stop: Stop) -> Exit {
        Exit::Stop(stop)
    }
}

struct Tree<'p, 't> {
    program: &'p Program<'t>,
    log: String,
    global: String,
    frames: Vec<HashMap<LocalId, Value>>,
    fuel: u32,
}

/// Runs function 0 with two strings; global 0 is `"g"`.
pub(super) fn run_tree(program: &Program<'_>) -> Log {
    let mut tree = Tree { program, log: String::new(), global: "g".to_string(), frames: Vec::new(), fuel: FUEL };
    let result = tree.call(0, vec![Value::Str("p".into()), Value::Str("q".into())]);
    Log::end(tree.log, result)
}

impl<'t> Tree<'_, 't> {
    fn call(&mut self, func: usize, args: Vec<Value>) -> Result<Value, Stop> {
        let func = self.program.funcs[typed::FuncId::new(func)];
        self.fuel = self.fuel.checked_sub(1).ok_or(Stop::OutOfFuel)?;
        if self.frames.len() as u32 >= MAX_DEPTH {
            return Err(Stop::OutOfFuel);
        }
        self.frames.push(func.params.iter().copied().zip(args).collect());
        let result = self.run(&func);
        self.frames.pop();
        match result {
            Ok(value) | Err(Exit::Return(value)) => Ok(value),
            Err(Exit::Stop(stop)) => Err(stop),
            Err(Exit::Break(..) | Exit::Continue(_)) => panic!("a jump left its loop"),
        }
    }

    fn run(&mut self, func: &typed::Func<'t>) -> Result<Value, Exit> {
        self.clauses(func.requires)?;
        for &(param, copy) in func.entry_copies {
            let value = self.local(param).clone();
            *self.local(copy) = value;
        }
        let result = match self.eval(func.body) {
            Ok(value) | Err(Exit::Return(value)) => value,
            Err(exit) => return Err(exit),
        };
        if let Some(local) = func.result_local {
            *self.local(local) = result.clone();
        }
        self.clauses(func.ensures)?;
        Ok(result)
    }

    fn clauses(&mut self, clauses: &[typed::Clause<'t>]) -> Result<(), Exit> {
        for clause in clauses {
            if !self.eval(clause.cond)?.bool() {
                let message = self.eval(clause.message)?;
                return Err(Stop::Fault(message.str().to_string()).into());
            }
        }
        Ok(())
    }

    fn local(&mut self, local: LocalId) -> &mut Value {
        self.frames.last_mut().expect("a function runs").entry(local).or_insert(Value::Void)
    }

    fn load(&mut self, place: Place) -> Value {
        match place {
            Place::Cell(_) => panic!("not generated"),
            Place::Local(local) => self.local(local).clone(),
            Place::Global(_) => Value::Str(self.global.clone()),
        }
    }

    fn store(&mut self, place: Place, value: Value) {
        match place {
            Place::Cell(_) => panic!("not generated"),
            Place::Local(local) => *self.local(local) = value,
            Place::Global(_) => self.global = value.str().to_string(),
        }
    }

    fn eval(&mut self, expr: &Expr<'t>) -> Result<Value, Exit> {
        Ok(match expr.kind {
            ExprKind::Int(value) => Value::Int(value),
            ExprKind::Bool(value) => Value::Bool(value),
            ExprKind::Str(text) => Value::Str(text.to_string()),
            ExprKind::Local(local) => self.load(Place::Local(local)),
            ExprKind::Global(global) => self.load(Place::Global(global)),
            ExprKind::Binary(op, left, right) => {
                let (left, right) = (self.eval(left)?, self.eval(right)?);
                binary(op, &left, &right)?
            }
            ExprKind::And(left, right) => Value::Bool(self.eval(left)?.bool() && self.eval(right)?.bool()),
            ExprKind::Display(operand) => match self.eval(operand)? {
                Value::Int(value) => Value::Str(value.to_string()),
                value => value,
            },
            ExprKind::Concat(parts) => {
                let values: Vec<Value> = parts.iter().map(|part| self.eval(part)).collect::<Result<_, _>>()?;
                values.iter().try_fold(Value::Str(String::new()), |left, right| concat(left.str(), right.str()))?
            }
            ExprKind::Call(call) => {
                let args = call.args.iter().map(|arg| self.eval(arg)).collect::<Result<_, _>>()?;
                self.call(call.func.as_u32() as usize, args)?
            }
            ExprKind::CallBuiltin(Builtin::StrLen, args) => Value::Int(self.eval(&args[0])?.str().len() as i64),
            ExprKind::CallBuiltin(Builtin::Println, args) => {
                let text = self.eval(&args[0])?;
                self.log.push_str(text.str());
                self.log.push('\n');
                Value::Void
            }
            ExprKind::Block(block) => self.block(block)?,
            ExprKind::If(cond, then, otherwise) => match (self.eval(cond)?.bool(), otherwise) {
                (true, _) => self.eval(then)?,
                (false, Some(otherwise)) => self.eval(otherwise)?,
                (false, None) => Value::Void,
            },
            ExprKind::Loop(node) => self.run_loop(node)?,
            ExprKind::Assign(place, value) => {
                let value = self.eval(value)?;
                self.store(place, value);
                Value::Void
            }
            ExprKind::AssignOp(place, op, operand) => {
                let old = self.load(place);
                let operand = self.eval(operand)?;
                self.store(place, binary(op, &old, &operand)?);
                Value::Void
            }
            ExprKind::Return(value) => {
                let value = value.map_or(Ok(Value::Void), |value| self.eval(value))?;
                return Err(Exit::Return(value));
            }
            ExprKind::Break(id, value) => {
                let value = value.map_or(Ok(Value::Void), |value| self.eval(value))?;
                return Err(Exit::Break(id, value));
            }
            ExprKind::Continue(id) => return Err(Exit::Continue(id)),
            ExprKind::Fault(message) => return Err(Stop::Fault(self.eval(message)?.str().to_string()).into()),
            _ => panic!("random programs have no {:?}", expr.kind),
        })
    }

    fn block(&mut self, block: &typed::Block<'t>) -> Result<Value, Exit> {
        for stmt in block.stmts {
            match stmt {
                Stmt::Expr(expr) => drop(self.eval(expr)?),
                Stmt::Let(local, init) => *self.local(*local) = self.eval(init)?,
                Stmt::InitGlobal(..) | Stmt::InitStatic(..) => panic!("random programs have no {stmt:?}"),
            }
        }
        block.value.map_or(Ok(Value::Void), |value| self.eval(value))
    }

    fn run_loop(&mut self, node: &typed::Loop<'t>) -> Result<Value, Exit> {
        loop {
            self.fuel = self.fuel.checked_sub(1).ok_or(Stop::OutOfFuel)?;
            if let Some(cond) = node.cond
                && !self.eval(cond)?.bool()
            {
                return Ok(Value::Void);
            }
            match self.eval(node.body) {
                Ok(_) => {}
                Err(Exit::Continue(id)) if id == node.id => {}
                Err(Exit::Break(id, value)) if id == node.id => return Ok(value),
                Err(exit) => return Err(exit),
            }
        }
    }
}

fn binary(op: typed::BinaryOp, left: &Value, right: &Value) -> Result<Value, Stop> {
    use typed::{BinaryOp::*, CmpOp};
    Ok(match op {
        IntAdd => Value::Int(left.int().wrapping_add(right.int())),
        IntDiv if right.int() == 0 => return Err(Stop::Fault("division".to_string())),
        IntDiv => Value::Int(left.int().wrapping_div(right.int())),
        StrConcat => concat(left.str(), right.str())?,
        StrRepeat => repeat(left.str(), right.int())?,
        IntCmp(CmpOp::Lt) => Value::Bool(left.int() < right.int()),
        StrCmp(CmpOp::Eq) => Value::Bool(left.str() == right.str()),
        StrCmp(CmpOp::Lt) => Value::Bool(left.str() < right.str()),
        _ => panic!("random programs have no {op:?}"),
    })
}

// The MIR

struct Machine<'m> {
    module: &'m Module,
    log: String,
    globals: Vec<Value>,
    fuel: u32,
    depth: u32,
}

/// The same for the MIR.
pub(super) fn run_mir(module: &Module) -> Log {
    let initial = |global: &ir::Global| match global.ty.is_counted() {
        true => Value::Str("g".to_string()),
        false => Value::Bool(true),
    };
    let globals = module.globals.values().map(initial).collect();
    let mut machine = Machine { module, log: String::new(), globals, fuel: FUEL * 10, depth: 0 };
    let result = machine.call(FuncId::from_u32(0), vec![Value::Str("p".into()), Value::Str("q".into())]);
    Log::end(machine.log, result)
}

impl Machine<'_> {
    fn call(&mut self, id: FuncId, args: Vec<Value>) -> Result<Value, Stop> {
        let func = &self.module.funcs[id];
        let mut values: HashMap<ir::Value, Value> = HashMap::new();
        let mut block = func.entry();
        let mut args = args;
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Stop::OutOfFuel);
        }
        loop {
            self.fuel = self.fuel.checked_sub(1).ok_or(Stop::OutOfFuel)?;
            let data = &func.blocks[block];
            values.extend(data.params.iter().copied().zip(std::mem::take(&mut args)));
            for &inst in &data.insts {
                let data = &func.insts[inst];
                let mut operands = Vec::new();
                data.kind.for_each_operand(|operand| operands.push(values[&operand].clone()));
                let result = self.inst(&data.kind, operands)?;
                values.extend(data.results.first().map(|&defined| (defined, result)));
            }
            let mut go = |target: &BlockCall| {
                args = target.args.iter().map(|arg| values[arg].clone()).collect();
                block = target.block;
            };
            match &data.terminator {
                Terminator::Jump(target) => go(target),
                Terminator::Branch(cond, then, otherwise) => go(if values[cond].bool() { then } else { otherwise }),
                Terminator::Return(results) => {
                    self.depth -= 1;
                    return Ok(results.first().map_or(Value::Void, |result| values[result].clone()));
                }
                Terminator::NoReturn(RtFn::FaultDivisionByZero, ..) => return Err(Stop::Fault("division".to_string())),
                Terminator::NoReturn(RtFn::FaultMessage, args, _) => {
                    return Err(Stop::Fault(values[&args[0]].str().to_string()));
                }
                terminator => panic!("{terminator:?}"),
            }
        }
    }

    fn inst(&mut self, kind: &InstKind, operands: Vec<Value>) -> Result<Value, Stop> {
        Ok(match (kind, &operands[..]) {
            (InstKind::Const(Const::Int(value)), _) => Value::Int(*value),
            (InstKind::Const(Const::Bool(value)), _) => Value::Bool(*value),
            (InstKind::Const(Const::Str(id)), _) => Value::Str(self.module.strings[*id].to_string()),
            (InstKind::Unary(ir::UnaryOp::Not, _), [a]) => Value::Bool(!a.bool()),
            (InstKind::Binary(ir::BinaryOp::IntAdd, ..), [a, b]) => Value::Int(a.int().wrapping_add(b.int())),
            (InstKind::Binary(ir::BinaryOp::IntDiv, ..), [a, b]) => Value::Int(a.int().wrapping_div(b.int())),
            (InstKind::Binary(ir::BinaryOp::BoolAnd, ..), [a, b]) => Value::Bool(a.bool() & b.bool()),
            (InstKind::IntCmp(ir::CmpOp::Lt, ..), [a, b]) => Value::Bool(a.int() < b.int()),
            (InstKind::IntCmp(ir::CmpOp::Eq, ..), [a, b]) => Value::Bool(a.int() == b.int()),
            (InstKind::Retain(_), [a]) => a.clone(),
            (InstKind::Release(_), _) => Value::Void,
            (InstKind::GlobalGet(id), _) => self.globals[id.as_u32() as usize].clone(),
            (InstKind::GlobalReplace(id, _), [a]) => {
                std::mem::replace(&mut self.globals[id.as_u32() as usize], a.clone())
            }
            (InstKind::Call(id, _), _) => self.call(*id, operands)?,
            (InstKind::CallRt(entry, _), args) => self.call_rt(*entry, args)?,
            _ => panic!("random programs have no {kind:?}"),
        })
    }

    fn call_rt(&mut self, entry: RtFn, args: &[Value]) -> Result<Value, Stop> {
        Ok(match (entry, args) {
            (RtFn::PrintStr, [text]) => {
                self.log.push_str(text.str());
                Value::Void
            }
            (RtFn::PrintInt, [value]) => {
                self.log.push_str(&value.int().to_string());
                Value::Void
            }
            (RtFn::PrintNewline, []) => {
                self.log.push('\n');
                Value::Void
            }
            (RtFn::StrFromInt, [value]) => Value::Str(value.int().to_string()),
            (RtFn::StrConcat, [left, right]) => concat(left.str(), right.str())?,
            (RtFn::StrRepeat, [text, count]) => repeat(text.str(), count.int())?,
            (RtFn::StrLen, [text]) => Value::Int(text.str().len() as i64),
            (RtFn::StrEq, [left, right]) => Value::Bool(left.str() == right.str()),
            (RtFn::StrCompare, [left, right]) => Value::Int(left.str().cmp(right.str()) as i64),
            _ => panic!("random programs have no {entry:?}"),
        })
    }
}
