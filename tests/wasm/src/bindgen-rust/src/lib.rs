//! A guest of wasmedge-bindgen 0.4.1: the functions of WasmEdge's documents, and one for each type and way to end that
//! the macro knows. The macro cannot return `bool` or `char`, nor take anything by reference.
#![allow(clippy::missing_safety_doc)]

use sha3::{Digest, Keccak256, Sha3_256};
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU32, Ordering};
#[allow(unused_imports)]
use wasmedge_bindgen::*;
use wasmedge_bindgen_macro::wasmedge_bindgen;
use wasmspan_guest::described;

/// Counts what lives, so that tests see what is never freed.
struct Counting;

static BLOCKS: AtomicU32 = AtomicU32::new(0);

// SAFETY: the system's allocator does the work.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        BLOCKS.fetch_add(1, Ordering::Relaxed);
        System.alloc(layout)
    }
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        BLOCKS.fetch_sub(1, Ordering::Relaxed);
        System.dealloc(block, layout)
    }
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        System.realloc(block, layout, size)
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Blocks of memory that live now; a plain export, not one of bindgen.
#[no_mangle]
pub extern "C" fn live_blocks() -> u32 {
    BLOCKS.load(Ordering::Relaxed)
}

// --- the documents' functions --------------------------------------------------------------------------------------

#[derive(serde::Serialize, serde::Deserialize)]
struct Point {
    x: f32,
    y: f32,
}

#[derive(serde::Serialize)]
struct Line {
    points: Vec<Point>,
    valid: bool,
    length: f32,
    desc: String,
}

/// Makes a line of two points, as JSON.
///
/// Points are JSON, too: `{"x": 1.5, "y": 3.8}`.
#[described]
#[wasmedge_bindgen]
pub fn create_line(from: String, to: String, desc: String) -> String {
    let [from, to]: [Point; 2] = [from, to].map(|point| serde_json::from_str(&point).expect("a point"));
    let length = ((from.x - to.x).powi(2) + (from.y - to.y).powi(2)).sqrt();
    let line = Line { points: vec![from, to], valid: length != 0.0, length, desc };
    serde_json::to_string(&line).expect("it can be written")
}

/// Greets somebody.
#[described]
#[wasmedge_bindgen]
pub fn say(name: String) -> String {
    format!("hello {name}")
}

/// Turns letters by 13 places.
#[described]
#[wasmedge_bindgen]
pub fn obfusticate(text: String) -> String {
    let turn = |letter: char, first: u8| (first + (letter as u8 - first + 13) % 26) as char;
    text.chars()
        .map(|letter| match letter {
            'a'..='z' => turn(letter, b'a'),
            'A'..='Z' => turn(letter, b'A'),
            _ => letter,
        })
        .collect()
}

/// The least number that both divide.
#[described]
#[wasmedge_bindgen]
pub fn lowest_common_multiple(a: i32, b: i32) -> i32 {
    let (mut divisor, mut rest) = (a, b);
    while rest != 0 {
        (divisor, rest) = (rest, divisor % rest);
    }
    if divisor == 0 {
        return 0;
    }
    a / divisor * b
}

/// SHA3-256 of bytes.
#[described]
#[wasmedge_bindgen]
pub fn sha3_digest(data: Vec<u8>) -> Vec<u8> {
    Sha3_256::digest(&data).to_vec()
}

/// Keccak-256 of bytes.
#[described]
#[wasmedge_bindgen]
pub fn keccak_digest(data: Vec<u8>) -> Vec<u8> {
    Keccak256::digest(&data).to_vec()
}

// --- every type ----------------------------------------------------------------------------------------------------

#[described]
#[wasmedge_bindgen]
pub fn echo_u8(value: u8) -> u8 {
    value
}

#[described]
#[wasmedge_bindgen]
pub fn echo_i8(value: i8) -> i8 {
    value
}

#[described]
#[wasmedge_bindgen]
pub fn echo_u16(value: u16) -> u16 {
    value
}

#[described]
#[wasmedge_bindgen]
pub fn echo_i16(value: i16) -> i16 {
    value
}

#[described]
#[wasmedge_bindgen]
pub fn echo_u32(value: u32) -> u32 {
    value
}

#[described]
#[wasmedge_bindgen]
pub fn echo_i32(value: i32) -> i32 {
    value
}

#[described]
#[wasmedge_bindgen]
pub fn echo_u64(value: u64) -> u64 {
    value
}

#[described]
#[wasmedge_bindgen]
pub fn echo_i64(value: i64) -> i64 {
    value
}

#[described]
#[wasmedge_bindgen]
pub fn echo_f32(value: f32) -> f32 {
    value
}

#[described]
#[wasmedge_bindgen]
pub fn echo_f64(value: f64) -> f64 {
    value
}

#[described]
#[wasmedge_bindgen]
pub fn echo_u8s(value: Vec<u8>) -> Vec<u8> {
    value
}

#[described]
#[wasmedge_bindgen]
pub fn echo_i8s(value: Vec<i8>) -> Vec<i8> {
    value
}

#[described]
#[wasmedge_bindgen]
pub fn echo_u16s(value: Vec<u16>) -> Vec<u16> {
    value
}

#[described]
#[wasmedge_bindgen]
pub fn echo_i16s(value: Vec<i16>) -> Vec<i16> {
    value
}

#[described]
#[wasmedge_bindgen]
pub fn echo_u32s(value: Vec<u32>) -> Vec<u32> {
    value
}

#[described]
#[wasmedge_bindgen]
pub fn echo_i32s(value: Vec<i32>) -> Vec<i32> {
    value
}

#[described]
#[wasmedge_bindgen]
pub fn echo_u64s(value: Vec<u64>) -> Vec<u64> {
    value
}

#[described]
#[wasmedge_bindgen]
pub fn echo_i64s(value: Vec<i64>) -> Vec<i64> {
    value
}

#[described]
#[wasmedge_bindgen]
pub fn echo_string(value: String) -> String {
    value
}

#[described]
#[wasmedge_bindgen]
pub fn nothing() {}

#[described]
#[wasmedge_bindgen]
pub fn bool_to_u8(value: bool) -> u8 {
    value as u8
}

#[described]
#[wasmedge_bindgen]
pub fn char_to_u32(value: char) -> u32 {
    value as u32
}

/// All scalar types at once, as text.
#[described]
#[wasmedge_bindgen]
pub fn describe(
    a: u8, b: i8, c: u16, d: i16, e: u32, f: i32, g: u64, h: i64, i: f32, j: f64, k: bool, l: char, m: String, n: Vec<i16>,
) -> String {
    format!("{a} {b} {c} {d} {e} {f} {g} {h} {i} {j} {k} {l} {m} {n:?}")
}

/// All types of results at once.
#[wasmedge_bindgen]
pub fn all_types() -> (
    u8, i8, u16, i16, u32, i32, u64, i64, f32, f64,
    Vec<u8>, Vec<i8>, Vec<u16>, Vec<i16>, Vec<u32>, Vec<i32>, Vec<u64>, Vec<i64>, String,
) {
    (
        u8::MAX, i8::MIN, u16::MAX, i16::MIN, u32::MAX, i32::MIN, u64::MAX, i64::MIN, 0.5, -0.25,
        vec![1, 255], vec![-1, 127], vec![1, 65535], vec![-1, 32767], vec![1, u32::MAX], vec![-1, i32::MAX],
        vec![1, u64::MAX], vec![-1, i64::MAX], "text".to_string(),
    )
}

/// Gives both back, in the other order.
#[described]
#[wasmedge_bindgen]
pub fn swap(a: i32, b: String) -> (String, i32) {
    (b, a)
}

// --- ways to end ---------------------------------------------------------------------------------------------------

/// Divides; by zero it fails.
#[described]
#[wasmedge_bindgen]
pub fn divide(a: i32, b: i32) -> Result<i32, String> {
    if b == 0 {
        return Err(format!("{a} cannot be divided by zero"));
    }
    Ok(a / b)
}

/// Divides a text where the separator first is; fails where it isn't.
#[described]
#[wasmedge_bindgen]
pub fn split(text: String, separator: String) -> Result<(String, String), String> {
    match text.split_once(&separator) {
        Some((before, after)) => Ok((before.to_string(), after.to_string())),
        None => Err("no separator".to_string()),
    }
}

#[described]
#[wasmedge_bindgen]
pub fn fail_empty() -> Result<u8, String> {
    Err(String::new())
}

#[described]
#[wasmedge_bindgen]
pub fn panics(message: String) -> i32 {
    panic!("{message}")
}

#[described]
#[wasmedge_bindgen]
pub fn exits(code: i32) -> i32 {
    std::process::exit(code)
}

#[described]
#[wasmedge_bindgen]
pub fn prints(text: String) {
    println!("{text}");
}

// --- large -----------------------------------------------------------------------------------------------------------

#[described]
#[wasmedge_bindgen]
pub fn take_bytes(data: Vec<u8>) -> u32 {
    data.len() as u32
}

#[described]
#[wasmedge_bindgen]
pub fn make_bytes(len: u32) -> Vec<u8> {
    vec![7; len as usize]
}
