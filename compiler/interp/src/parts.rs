//! The inner values of arrays, structs, payloads and function values: shared between copies, changed in place while there is one owner.

use std::rc::Rc;

use crate::value::Value;

/// A sequence of values. Cloning shares it; the clones are independent values all the same, because a change copies what
/// is shared.
#[derive(Clone, Default)]
pub struct Parts(
    /// None where there are no values, so that variants without payload and empty arrays cost nothing.
    Option<Rc<Vec<Value>>>,
);

impl Parts {
    /// These values.
    pub fn new(values: Vec<Value>) -> Parts {
        Parts((!values.is_empty()).then(|| Rc::new(values)))
    }

    /// The values.
    pub fn as_slice(&self) -> &[Value] {
        self.0.as_deref().map_or(&[], Vec::as_slice)
    }

    /// The values, to be changed. They are copied first if they are shared.
    pub fn make_mut(&mut self) -> &mut Vec<Value> {
        Rc::make_mut(self.0.get_or_insert_default())
    }

    /// The number of values.
    pub fn len(&self) -> usize {
        self.as_slice().len()
    }

    /// Whether both are one sequence rather than two that may be equal.
    pub fn is_same(&self, other: &Parts) -> bool {
        match (&self.0, &other.0) {
            (Some(a), Some(b)) => Rc::ptr_eq(a, b),
            _ => false,
        }
    }

    /// The values, if nobody else shares them.
    pub fn owned(&mut self) -> &mut [Value] {
        self.0.as_mut().and_then(Rc::get_mut).map_or(&mut [], Vec::as_mut_slice)
    }
}

/// Nested values are dropped one after another: a list of a million nodes would overflow the stack otherwise.
impl Drop for Parts {
    fn drop(&mut self) {
        drop_nested(self.owned());
    }
}

/// Drops what is inside of `values`, level by level.
pub fn drop_nested(values: &mut [Value]) {
    let mut todo = Vec::new();
    give_up(values, &mut todo);
    while let Some(mut value) = todo.pop() {
        give_up(value.owned(), &mut todo);
    }
}

/// Moves those of `values` that alone own values inside of them to `todo`.
fn give_up(values: &mut [Value], todo: &mut Vec<Value>) {
    for value in values {
        if !value.owned().is_empty() {
            todo.push(std::mem::take(value));
        }
    }
}

impl std::fmt::Debug for Parts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Values may be nested deeper than the stack allows.
        write!(f, "{} values", self.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cell::CellRef;
    use resilient_base::EntityRef;
    use resilient_sema::typed::FuncId;

    #[test]
    fn changes_copy_what_is_shared() {
        let mut a = Parts::new(vec![Value::Int(1)]);
        let b = a.clone();
        assert!(a.is_same(&b));
        a.make_mut()[0] = Value::Int(2);
        let before = a.as_slice().as_ptr();
        a.make_mut()[0] = Value::Int(3);
        assert_eq!(a.as_slice().as_ptr(), before);
        assert_eq!([a, b].map(|parts| parts.as_slice()[0].clone().into_int()), [3, 1]);
    }

    #[test]
    fn long_chains_drop_without_recursion() {
        let mut list = Parts::default();
        for _ in 0..1_000_000 {
            list = Parts::new(vec![Value::Int(1), Value::Variant(1, list)]);
        }
        let shared = list.clone();
        drop(list);
        assert_eq!(shared.len(), 2);
    }

    #[test]
    fn so_do_chains_of_cells_and_functions() {
        let mut last = Value::Void;
        for _ in 0..500_000 {
            last = Value::Cell(CellRef::new(Value::Function(FuncId::new(0), Parts::new(vec![last]))));
        }
        drop(last);
    }
}
