//! Programs in MIR text that work with objects, and what they give. They release all they make.

/// Name, text and exit status.
pub const PROGRAMS: &[(&str, &str, i64)] = &[
    ("strings in an array", STRINGS, 2890 + 10 * 1000 + 3),
    ("arrays in an array", NESTED, 1_020_304),
    ("a long list of boxes", LIST, 5_000_050_000),
    ("elements of several parts", RECORDS, -56 + 1000 * 65_535 + 7 + 3),
    ("null and a global", NULL, 3),
    ("whole arrays", WHOLE, 3_110_402),
    ("dense and sparse cases", SWITCH, 202_030_004_999),
    ("characters and slices of a string", TEXT, 8364 + 233 * 100_000 + 2),
];

/// Pushes the decimal texts of 0..1000, adds up their lengths in two ways.
const STRINGS: &str = r#"
layout0 = (str)
entry fn0
fn0 "main"() -> i64 {
block0:
    v0: i64 = iconst 0
    v1: i64 = iconst 1
    v2: i64 = iconst 1000
    v3: ref = array_lit layout0 ()
    jump block1(v0, v3)
block1(v4: i64, v5: ref):
    v6: bool = icmp lt v4, v2
    branch v6, block2, block3
block2:
    v7: str = rt str_from_int(v4)
    v8: ref = array_push layout0 v5 (v7)
    v9: i64 = iadd v4, v1
    jump block1(v9, v8)
block3:
    jump block4(v0, v0)
block4(v10: i64, v11: i64):
    v12: bool = icmp lt v10, v2
    branch v12, block5, block6
block5:
    v13: str = array_peek layout0.0 v5, v10
    v14: i64 = rt str_len(v13)
    v15: str = array_load layout0.0 v5, v10
    release v15
    v16: i64 = iadd v11, v14
    v17: i64 = iadd v10, v1
    jump block4(v17, v16)
block6:
    v18: i64 = array_len v5
    v19: i64 = iconst 10
    v20: i64 = imul v18, v19
    v21: i64 = iconst 999
    v22: ref = array_unique layout0 v5
    v23: str = rt str_from_int(v0)
    v24: str = array_replace layout0.0 v22, v21, v23
    v25: i64 = rt str_len(v24)
    release v24
    release v22
    v26: i64 = iadd v11, v20
    v27: i64 = iadd v26, v25
    return v27
}
"#;

/// Changes a part of a copy; the original stays what it was.
const NESTED: &str = r#"
layout0 = (i64)
layout1 = (ref)
entry fn0
fn0 "main"() -> i64 {
block0:
    v0: i64 = iconst 1
    v1: i64 = iconst 2
    v2: i64 = iconst 3
    v3: i64 = iconst 4
    v4: i64 = iconst 0
    v5: ref = array_lit layout0 (v0, v1)
    v6: ref = array_lit layout0 (v2, v3)
    v7: ref = array_lit layout1 (v5, v6)
    v8: ref = retain v7
    v9: ref = array_unique layout1 v8
    v10: ref = array_unique_at layout1.0 v9, v4
    v11: i64 = iconst 102
    array_store layout0.0 v10, v0, v11
    v12: ref = array_unique_at layout1.0 v9, v4
    v13: i64 = array_load layout0.0 v12, v0
    v14: ref = array_peek layout1.0 v7, v4
    v15: i64 = array_load layout0.0 v14, v0
    v16: ref = array_load layout1.0 v9, v0
    v17: i64 = array_load layout0.0 v16, v4
    v18: i64 = array_load layout0.0 v16, v0
    release v16
    release v7
    release v9
    v19: i64 = iconst 10000
    v20: i64 = imul v13, v19
    v21: i64 = iconst 100
    v22: i64 = imul v17, v21
    v23: i64 = isub v15, v1
    v24: i64 = iadd v20, v22
    v25: i64 = iadd v24, v23
    v26: i64 = iadd v25, v18
    return v26
}
"#;

/// Builds a list of 100 000 numbers, adds them up.
const LIST: &str = r#"
layout0 = (i64, ref)
entry fn0
fn0 "main"() -> i64 {
block0:
    v0: i64 = iconst 1
    v1: i64 = iconst 100000
    v2: ref = null
    v30: i64 = iconst 0
    jump block1(v1, v2)
block1(v3: i64, v4: ref):
    v5: ref = box_new layout0 (v3, v4)
    v6: i64 = isub v3, v0
    v7: bool = icmp gt v6, v30
    branch v7, block1(v6, v5), block2
block2:
    v8: ref = retain v5
    jump block3(v30, v8, v30)
block3(v9: i64, v10: ref, v20: i64):
    v11: i64 = box_load layout0.0 v10
    v12: ref = box_load layout0.1 v10
    release v10
    v13: i64 = iadd v9, v11
    v14: i64 = iadd v20, v0
    v15: bool = icmp lt v14, v1
    branch v15, block3(v13, v12, v14), block4
block4:
    release v12
    v16: ref = box_peek layout0.1 v5
    v17: i64 = box_load layout0.0 v16
    v18: i64 = iconst 2
    v19: i64 = isub v17, v18
    v21: i64 = iadd v13, v19
    release v5
    return v21
}
"#;

/// Elements with numbers of all widths and a string.
const RECORDS: &str = r#"
file0 = "a.rz"
layout0 = (u8, i64, str, f32, i8, u16)
str0 = "one"
entry fn0
fn0 "main"() -> i64 {
block0:
    v0: i64 = iconst 0
    v1: i64 = iconst 1
    v2: i64 = iconst 200
    v3: i64 = iconst -5
    v4: str = sconst str0
    v5: f32 = f32const 1.5
    v6: i64 = iconst -56
    v7: i64 = iconst 65535
    v8: ref = array_lit layout0 (v2, v3, v4, v5, v6, v7)
    v9: str = rt str_from_int(v2)
    v10: ref = array_push layout0 v8 (v1, v1, v9, v5, v1, v1)
    v11: ref = array_unique layout0 v10
    v12: i64 = array_load layout0.4 v11, v0
    v13: i64 = array_load layout0.5 v11, v0
    array_store layout0.0 v11, v1, v7
    v14: i64 = array_load layout0.0 v11, v1
    v15: i64 = iconst 255
    v16: bool = icmp eq v14, v15
    array_store layout0.3 v11, v1, v5
    v17: f32 = array_load layout0.3 v11, v1
    v18: f32 = fadd v17, v17
    v19: f64 = f32_to_float v18
    v20: i64 = rt float_to_int(v19) @ file0:1:1
    v21: i64 = iconst 7
    v22: i64 = select v16, v21, v0
    v23: str = array_load layout0.2 v11, v1
    v24: str = array_replace layout0.2 v11, v0, v23
    release v24
    release v11
    v25: i64 = iconst 1000
    v26: i64 = imul v13, v25
    v27: i64 = iadd v12, v26
    v28: i64 = iadd v27, v22
    v29: i64 = iadd v28, v20
    return v29
}
"#;

/// References to nothing, and a global that holds one at first.
const NULL: &str = r#"
layout0 = (i64)
g0 "all": ref = null
entry fn0
fn0 "main"() -> i64 {
block0:
    v0: ref = null
    v1: ref = retain v0
    release v1
    v2: ref = global_get g0
    release v2
    v3: i64 = iconst 3
    v4: ref = box_new layout0 (v3)
    v5: ref = global_replace g0, v4
    release v5
    v6: ref = global_get g0
    v7: i64 = box_load layout0.0 v6
    release v6
    v8: ref = null
    v9: ref = global_replace g0, v8
    release v9
    return v7
}
"#;

/// Runtime entries on whole arrays.
const WHOLE: &str = r#"
file0 = "a.rz"
layout0 = (u8)
entry fn0
fn0 "main"() -> i64 {
block0:
    v0: i64 = iconst 0
    v1: i64 = iconst 1
    v2: i64 = iconst 2
    v3: i64 = iconst 100
    v4: bool = bconst true
    v5: ref = array_lit layout0 (v1, v2)
    v6: ref = rt array_repeat(v5, v2) @ file0:1:1
    v7: ref = rt array_slice(v6, v1, v2, v4) @ file0:1:1
    v8: ref = rt array_concat(v6, v7)
    v9: ref = rt array_pop(v8) @ file0:1:1
    v10: i64 = array_len v7
    v11: i64 = array_len v9
    v12: i64 = iconst 4
    v13: i64 = array_load layout0.0 v9, v12
    v14: i64 = iconst 10000
    v15: i64 = imul v13, v14
    v16: i64 = iconst 600000
    v17: i64 = imul v11, v16
    v18: i64 = array_load layout0.0 v7, v0
    v19: i64 = iconst 45200
    v20: i64 = imul v18, v19
    release v7
    release v9
    v21: i64 = iadd v15, v17
    v22: i64 = iadd v21, v20
    v23: i64 = iadd v22, v10
    return v23
}
"#;

const SWITCH: &str = r#"
entry fn1
fn0 "dense"(i64) -> i64 {
block0(v0: i64):
    v1: i64 = iconst 1
    v2: i64 = iconst 2
    v3: i64 = iconst 3
    v4: i64 = iconst 4
    v5: i64 = iconst 0
    switch v0, 5: block1(v1), 6: block1(v2), 7: block1(v3), 9: block1(v4), 1000: block1(v1), 1099511627776: block1(v1), default: block1(v5)
block1(v6: i64):
    return v6
}
fn1 "main"() -> i64 {
block0:
    v0: i64 = iconst 0
    v1: i64 = iconst 1
    v2: i64 = iconst 4
    v3: i64 = iconst 11
    v4: i64 = iconst 999
    v5: i64 = iconst 100
    jump block1(v2, v0)
block1(v6: i64, v7: i64):
    v8: bool = icmp lt v6, v3
    branch v8, block2, block3
block2:
    v9: i64 = call fn0(v6)
    v10: i64 = imul v7, v5
    v11: i64 = iadd v10, v9
    v12: i64 = iadd v6, v1
    jump block1(v12, v11)
block3:
    v13: i64 = iconst 1099511627776
    v14: i64 = call fn0(v13)
    v15: i64 = iconst 100000000000
    v16: i64 = imul v14, v15
    v17: i64 = iconst 1000
    v18: i64 = call fn0(v17)
    v19: i64 = iconst 1099511627777
    v20: i64 = call fn0(v19)
    v21: i64 = iconst -9223372036854775808
    v22: i64 = call fn0(v21)
    v23: i64 = iadd v20, v22
    v24: i64 = iadd v18, v23
    v25: i64 = imul v24, v4
    v26: i64 = iconst 10
    v27: i64 = imul v7, v26
    v28: i64 = iadd v16, v27
    v29: i64 = iadd v28, v25
    return v29
}
"#;

const TEXT: &str = r#"
file0 = "a.rz"
str0 = "aé€🦀"
entry fn0
fn0 "main"() -> i64 {
block0:
    v0: str = sconst str0
    v1: i64 = iconst 2
    v2: i64 = rt str_get(v0, v1)
    v3: i64 = iconst -3
    v4: i64 = rt str_index(v0, v3) @ file0:1:1
    v5: bool = bconst false
    v6: i64 = iconst 9223372036854775807
    v7: str = rt str_slice(v0, v1, v6, v5) @ file0:1:1
    v8: i64 = rt str_len(v7)
    release v7
    v9: i64 = iconst 100000
    v10: i64 = imul v4, v9
    v11: i64 = iadd v2, v10
    v12: i64 = iadd v11, v8
    return v12
}
"#;
