//! Intel hex: records of bytes with addresses, as text.

use std::fmt::Write;

/// Data; the end; the upper half of the addresses that follow; the address where execution starts.
const DATA: u8 = 0;
const END: u8 = 1;
const UPPER_ADDRESS: u8 = 4;
const START: u8 = 5;

/// Bytes in a record.
const LINE: usize = 16;

/// `bytes` from `origin` on.
pub(super) fn write(origin: u32, bytes: &[u8], entry: u32) -> String {
    let mut text = String::new();
    let mut upper = None;
    let mut address = origin;
    let mut rest = bytes;
    while !rest.is_empty() {
        if upper != Some(address >> 16) {
            upper = Some(address >> 16);
            record(&mut text, UPPER_ADDRESS, 0, &((address >> 16) as u16).to_be_bytes());
        }
        // A record does not cross into other upper halves.
        let room = 0x1_0000 - (address & 0xffff) as usize;
        let (line, other) = rest.split_at(LINE.min(room).min(rest.len()));
        record(&mut text, DATA, address as u16, line);
        address = address.wrapping_add(line.len() as u32);
        rest = other;
    }
    record(&mut text, START, 0, &entry.to_be_bytes());
    record(&mut text, END, 0, &[]);
    text
}

fn record(text: &mut String, kind: u8, address: u16, bytes: &[u8]) {
    let [high, low] = address.to_be_bytes();
    let mut all = vec![bytes.len() as u8, high, low, kind];
    all.extend(bytes);
    let sum = all.iter().fold(0_u8, |sum, &byte| sum.wrapping_add(byte));
    all.push(sum.wrapping_neg());
    text.push(':');
    for byte in all {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02X}");
    }
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_those_of_objcopy() {
        // printf 'Hello, world! 0123' > t; objcopy -I binary -O ihex --change-addresses 0x0800fff8 t
        let expected = ":020000040800F2\n:08FFF80048656C6C6F2C20774A\n:020000040801F1\n:0A0000006F726C642120303132333E\n\
                        :0400000508000101ED\n:00000001FF\n";
        assert_eq!(write(0x0800_fff8, b"Hello, world! 0123", 0x0800_0101), expected);
    }
}
