//! Control that leaves an expression before it has a value.

use resilient_base::Span;
use resilient_runtime::string::Str;
use resilient_sema::typed::LoopId;
use resilient_sema::types::Failure;

use crate::value::Value;

/// Why an expression has no value. It passes upwards to whoever it is meant for.
#[derive(Debug)]
pub enum Exit {
    /// `return`: meant for the function, whose result this is.
    Return(Value),
    /// The function starts again. The new arguments stand in its parameters already.
    SelfTail,
    /// `break`: meant for the loop of that name, whose value this is.
    Break(LoopId, Value),
    /// `continue`: meant for the loop of that name.
    Continue(LoopId),
    /// `exit`: meant for the whole program, whose status this is.
    Stop(i64),
    /// A checked failure: meant for an arm of a `try`.
    Fail(Failure),
    /// A fault. Boxed because it is rare and every evaluation carries room for an exit.
    Fault(Box<Fault>),
}

/// A fault on its way out.
#[derive(Debug)]
pub struct Fault {
    /// It stands at the first byte of this.
    pub span: Span,
    /// Whether `span` is final: calls of library functions further out do not move it.
    pub is_placed: bool,
    /// The message.
    pub message: Str,
}

/// What evaluating an expression gives.
pub type Eval = Result<Value, Exit>;

/// Raises a fault at `span`.
#[cold]
pub fn fault<T>(span: Span, message: Str) -> Result<T, Exit> {
    Err(Exit::Fault(Box::new(Fault { span, is_placed: false, message })))
}

/// Whether a loop goes on after an iteration that ended as `result`; an exit meant for somebody else passes through.
pub fn after_iteration(result: Eval, id: LoopId) -> Result<Next, Exit> {
    match result {
        Ok(_) => Ok(Next::Iterate),
        Err(Exit::Continue(target)) if target == id => Ok(Next::Iterate),
        Err(Exit::Break(target, value)) if target == id => Ok(Next::Leave(value)),
        Err(exit) => Err(exit),
    }
}

/// What a loop does next.
pub enum Next {
    /// The next iteration.
    Iterate,
    /// It ends with this value.
    Leave(Value),
}
