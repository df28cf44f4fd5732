//! Blocks, statements, branches, loops, and the ways to leave them.

use resilient_sema::typed::{Block, Decision, Expr, ForRange, LocalId, Loop, LoopId, Match, Stmt};

use crate::exit::{Eval, Exit, Next, after_iteration};
use crate::machine::Machine;
use crate::value::Value;

impl<'p> Machine<'p> {
    pub(crate) fn block(&mut self, block: &'p Block<'p>) -> Eval {
        for stmt in block.stmts {
            self.stmt(stmt)?;
        }
        self.eval_or_void(block.value)
    }

    fn stmt(&mut self, stmt: &'p Stmt<'p>) -> Result<(), Exit> {
        match *stmt {
            Stmt::Expr(expr) => {
                self.eval(expr)?;
            }
            Stmt::Let(id, init) => *self.local(id) = self.eval(init)?,
            Stmt::InitGlobal(id, init) => {
                let value = self.eval(init)?;
                self.init_global(id, value);
            }
            Stmt::InitStatic(id, init) => {
                if self.reach_static(id) {
                    // A retry runs it again; one that is left is not.
                    let value = self.eval(init).inspect_err(|exit| {
                        if let Exit::Fault(_) = exit {
                            self.unreach_static(id);
                        }
                    })?;
                    self.init_global(id, value);
                }
            }
        }
        Ok(())
    }

    pub(crate) fn choose(&mut self, cond: &'p Expr<'p>, then: &'p Expr<'p>, otherwise: Option<&'p Expr<'p>>) -> Eval {
        if self.eval(cond)?.into_bool() { self.eval(then) } else { self.eval_or_void(otherwise) }
    }

    pub(crate) fn match_(&mut self, node: &'p Match<'p>) -> Eval {
        let arm = self.decide(node.decision)?;
        self.eval(&node.arms[arm as usize])
    }

    /// The arm that is taken; its variables are made.
    fn decide(&mut self, mut decision: &'p Decision<'p>) -> Result<u32, Exit> {
        loop {
            decision = match decision {
                Decision::Arm { bindings, arm } => {
                    self.bind(bindings)?;
                    return Ok(*arm);
                }
                Decision::Guard { bindings, guard, arm, otherwise } => {
                    self.bind(bindings)?;
                    if self.eval(guard)?.into_bool() {
                        return Ok(*arm);
                    }
                    otherwise
                }
                Decision::Switch { subject, cases, default } => {
                    let (variant, _) = self.eval(subject)?.into_variant();
                    match cases.binary_search_by_key(&variant, |(case, _)| *case) {
                        Ok(at) => &cases[at].1,
                        Err(_) => default.unwrap_or_else(|| unreachable!("no case for variant {variant}")),
                    }
                }
                Decision::If(cond, then, otherwise) => {
                    if self.eval(cond)?.into_bool() {
                        then
                    } else {
                        otherwise
                    }
                }
            };
        }
    }

    fn bind(&mut self, bindings: &'p [(LocalId, Expr<'p>)]) -> Result<(), Exit> {
        for (id, value) in bindings {
            *self.local(*id) = self.eval(value)?;
        }
        Ok(())
    }

    pub(crate) fn leave_function(&mut self, value: Option<&'p Expr<'p>>) -> Eval {
        Err(Exit::Return(self.eval_or_void(value)?))
    }

    pub(crate) fn leave_loop(&mut self, id: LoopId, value: Option<&'p Expr<'p>>) -> Eval {
        Err(Exit::Break(id, self.eval_or_void(value)?))
    }

    fn eval_or_void(&mut self, expr: Option<&'p Expr<'p>>) -> Eval {
        match expr {
            Some(expr) => self.eval(expr),
            None => Ok(Value::Void),
        }
    }

    pub(crate) fn run_loop(&mut self, node: &'p Loop<'p>) -> Eval {
        loop {
            if let Some(cond) = node.cond
                && !self.eval(cond)?.into_bool()
            {
                return Ok(Value::Void);
            }
            let iteration = self.eval(node.body);
            if let Next::Leave(value) = after_iteration(iteration, node.id)? {
                return Ok(value);
            }
        }
    }

    pub(crate) fn for_range(&mut self, node: &'p ForRange<'p>) -> Eval {
        let mut at = self.eval(node.lo)?.into_int();
        let hi = self.eval(node.hi)?.into_int();
        while at < hi || (node.inclusive && at == hi) {
            *self.local(node.var) = Value::Int(at);
            let iteration = self.eval(node.body);
            if let Next::Leave(value) = after_iteration(iteration, node.id)? {
                return Ok(value);
            }
            // There is no int after the largest one: an inclusive range may end with it.
            let Some(next) = at.checked_add(1) else { break };
            at = next;
        }
        Ok(Value::Void)
    }
}
