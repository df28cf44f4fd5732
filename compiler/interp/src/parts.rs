//! The inner values of arrays, structs and payloads: shared between copies, changed in place while there is one owner.

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

    /// Moves the parts that only this one owns, and that have values, to `todo`.
    fn give_up(&mut self, todo: &mut Vec<Parts>) {
        let Some(values) = self.0.as_mut().and_then(Rc::get_mut) else { return };
        for value in values {
            if let Some(parts) = value.parts_mut()
                && parts.0.as_ref().is_some_and(|inner| Rc::strong_count(inner) == 1)
            {
                todo.push(std::mem::take(parts));
            }
        }
    }
}

/// Nested values are dropped one after another: a list of a million nodes would overflow the stack otherwise.
impl Drop for Parts {
    fn drop(&mut self) {
        let mut todo = Vec::new();
        self.give_up(&mut todo);
        while let Some(mut parts) = todo.pop() {
            parts.give_up(&mut todo);
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
}
