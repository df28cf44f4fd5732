//! Hash indices of the keys of maps and sets: the algorithms of the runtime on the values of the interpreter.

use resilient_runtime::fault::{OUT_OF_MEMORY, report_at};
use resilient_runtime::index::{self, Slots, hash_bytes, hash_int, needed_slots};

use crate::parts::Parts;
use crate::value::{Value, wrong_kind};

/// The elements of an index, which is an `array<u64>`.
impl Slots for Parts {
    fn n_slots(&self) -> usize {
        self.len()
    }

    fn get(&self, at: usize) -> u64 {
        match &self.as_slice()[at] {
            Value::Int(word) => *word as u64,
            other => wrong_kind("a slot", other),
        }
    }

    fn set(&mut self, at: usize, word: u64) {
        self.make_mut()[at] = Value::Int(word as i64);
    }
}

/// Where `key` stands in `keys`, or -1.
pub fn find(index: &Parts, keys: &Parts, key: &Value) -> i64 {
    let keys = keys.as_slice();
    let position = match index.n_slots() {
        0 => keys.iter().position(|other| equal(other, key)),
        _ => index::find(index, hash(key), |position| equal(&keys[position], key)),
    };
    position.map_or(-1, |position| position as i64)
}

/// The index of `keys`, given that of all but the last. In place if `index` is the only owner of its slots.
pub fn add(index: Value, keys: &Parts) -> Value {
    let mut index = index.into_elements();
    if let Some((key, before)) = keys.as_slice().split_last() {
        if let Some(n_slots) = needed_slots(index.n_slots(), keys.len()) {
            index = grown(&index, before, n_slots);
        }
        index::insert(&mut index, hash(key), before.len());
    }
    Value::Array(index)
}

/// The same index with more slots.
fn grown(index: &Parts, keys: &[Value], n_slots: usize) -> Parts {
    if u32::try_from(keys.len() + 1).is_err() {
        // A slot has 32 bits for the position.
        report_at(None, OUT_OF_MEMORY);
    }
    let mut new = Parts::new(vec![Value::Int(0); n_slots]);
    index::grow(index, &mut new, keys.len(), |position| hash(&keys[position]));
    new
}

/// The index after the last of `keys` was moved to `position`, replacing what is there, given that of `keys`. In place if
/// `index` is the only owner of its slots.
pub fn remove(index: Value, keys: &Parts, position: i64) -> Value {
    let mut index = index.into_elements();
    match keys.len() {
        0 => {}
        // With the last key the index goes, however large it has become.
        1 => index = Parts::default(),
        n => index::remove(&mut index, position as usize, n - 1, |position| hash(&keys.as_slice()[position])),
    }
    Value::Array(index)
}

fn hash(key: &Value) -> u32 {
    match key {
        Value::Int(value) => hash_int(*value as u64),
        Value::Bool(value) => hash_int((*value).into()),
        Value::Char(value) => hash_int(u64::from(u32::from(*value))),
        Value::Str(value) => hash_bytes(value.as_str().as_bytes()),
        other => wrong_kind("a key", other),
    }
}

fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Int(a), Value::Int(b)) => a == b,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Char(a), Value::Char(b)) => a == b,
        (Value::Str(a), Value::Str(b)) => a == b,
        (other, _) => wrong_kind("a key", other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: i64) -> Value {
        Value::Str(format!("k{number}").as_str().into())
    }

    fn number(key: &Value) -> String {
        key.clone().into_str().as_str().to_string()
    }

    /// Keys come and go in an order without pattern; every key is found where it is, and no other.
    #[test]
    fn agrees_with_a_linear_search() {
        let (mut index, mut keys) = (Value::Array(Parts::default()), Parts::default());
        let mut state = 1u64;
        for step in 0..4000 {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            let new = key((state >> 33) as i64 % 300);
            let at = find(&index.clone().into_elements(), &keys, &new);
            let expected = keys.as_slice().iter().position(|key| number(key) == number(&new));
            assert_eq!(at, expected.map_or(-1, |at| at as i64), "step {step}");
            if at < 0 {
                keys.make_mut().push(new);
                index = add(index, &keys);
            } else {
                index = remove(index, &keys, at);
                let list = keys.make_mut();
                list.swap_remove(at as usize);
            }
        }
        let slots = index.into_elements();
        let used = slots.as_slice().iter().filter(|slot| !matches!(slot, Value::Int(0))).count();
        assert_eq!(used, keys.len());
        assert!(used > 50);
    }
}
