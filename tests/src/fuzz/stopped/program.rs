//! Programs that never end and change their state all the time.
//!
//! A program counts the loop heads and function entries it passes in a global or a memory. By this
//! number a run of the oracle finds the place where the engine's was stopped.

use super::super::Random;
use std::fmt::Write;

/// Bytes of a memory that programs write.
pub const WINDOW: usize = 1024;
/// Elements of a table at most.
pub const MAX_ELEMENTS: usize = 16;
/// Exported globals, memories and tables that make up the state.
pub const GLOBALS: [&str; 6] = ["i", "l", "f", "v", "n", "object"];
/// As above.
pub const MEMORIES: [&str; 2] = ["m", "k"];
/// As above.
pub const TABLES: [&str; 2] = ["t", "e"];
/// Globals with the objects that the host gives.
pub const OBJECTS: [&str; 2] = ["one", "two"];

/// Functions beside the one that runs for ever; each calls those with higher numbers.
const FUNCS: u64 = 3;
/// Locals of each function that count rounds.
const COUNTERS: u64 = 4;

/// Stands where a loop begins or a function is entered.
const HEAD: &str = "(;head;)";
/// Stands before everything that changes the state.
const EFFECT: &str = "(;effect;)";

/// Stands for the count.
const COUNT: &str = "(;count;)";

/// Two forms of one program.
pub struct Program {
    /// For the engine: only the count is added.
    pub plain: String,
    /// For the oracle: where the count has reached the global `limit`, it calls the import before each
    /// change of the state, and stops at the next head.
    pub observed: String,
}

/// The program of a seed; its function `run` never ends.
pub fn program(seed: u64) -> Program {
    let mut source = Source { random: Random::new(seed ^ 0x5709), text: String::new() };
    source.module();
    Program::of(source.text, seed.is_multiple_of(2))
}

/// Stores, loops for a while, stores at the same place, over and over. The engine's form lacks the first
/// store if it is to be `lost`.
pub fn two_stores(count_in_global: bool, lost: bool) -> Program {
    let mut source = Source { random: Random::new(0), text: String::new() };
    source.header();
    source.text += "(func $f0 (type $callee)) (func $f1 (type $callee)) (func $f2 (type $callee))";
    let first = "(i32.store $m (i32.const 0) (i32.const 111))";
    let second = "(i32.store $m (i32.const 0) (i32.const 222))";
    let _ = write!(
        source.text,
        "(func (export \"run\") (param i32) (local i32) {HEAD} (loop $for_ever {HEAD} {EFFECT}{first}
        (local.set 1 (i32.const 1000000))
        (loop {HEAD} (br_if 0 (local.tee 1 (i32.sub (local.get 1) (i32.const 1)))))
        {EFFECT}{second} (br_if $for_ever (local.get 0)))))"
    );
    let mut program = Program::of(source.text, count_in_global);
    if lost {
        program.plain = program.plain.replace(first, "");
    }
    program
}

impl Program {
    /// Both forms of a text with marks.
    fn of(text: String, count_in_global: bool) -> Program {
        // A load of the count is an observer of all globals, or of all memories, to the code generator;
        // the others must be right without.
        let (get, set) = if count_in_global {
            ("(global.get $count)", "(global.set $count ")
        } else {
            ("(i64.load $c (i32.const 0))", "(i64.store $c (i32.const 0) ")
        };
        let count = format!("{set} (i64.add {get} (i64.const 1)))");
        let reached = format!("(i64.eq {get} (global.get $limit))");
        let text = text.replace(COUNT, get);
        let observed = text
            .replace(HEAD, &format!("(if {reached} (then (call $observe) unreachable)) {count}"))
            .replace(EFFECT, &format!("(if {reached} (then (call $observe)))"))
            .replace("(module", "(module (import \"fuzz\" \"observe\" (func $observe))");
        Program { plain: text.replace(HEAD, &count).replace(EFFECT, ""), observed }
    }
}

struct Source {
    random: Random,
    text: String,
}

impl Source {
    fn below(&mut self, end: u64) -> u64 {
        self.random.below(end)
    }

    fn header(&mut self) {
        self.text += r#"(module
(memory $m (export "m") 1 1) (memory $k (export "k") 1 4) (memory $c (export "c") 1 1)
(table $t (export "t") 4 16 funcref) (table $e (export "e") 4 16 externref)
(table $calls funcref (elem $f0 $f1 $f2))
(global $count (export "count") (mut i64) (i64.const 0))
(global $limit (export "limit") (mut i64) (i64.const -1))
(global $i (export "i") (mut i32) (i32.const 0)) (global $l (export "l") (mut i64) (i64.const 0))
(global $f (export "f") (mut f64) (f64.const 0)) (global $v (export "v") (mut v128) (v128.const i64x2 0 0))
(global $n (export "n") (mut i32) (i32.const 0))
(global $object (export "object") (mut externref) (ref.null extern))
(global $one (export "one") (mut externref) (ref.null extern))
(global $two (export "two") (mut externref) (ref.null extern))
(data $bytes "some bytes that memory.init writes over others!!") (elem $refs func $f0 $f1 $f2 $f0)
(type $callee (func (param i32)))
"#;
    }

    fn module(&mut self) {
        self.header();
        for number in 0..FUNCS {
            let size = 2 + self.below(5);
            self.function(&format!("$f{number} (type $callee) (param i32)"), number, size, false);
        }
        let size = 3 + self.below(8);
        self.function("$run (export \"run\") (param i32)", u64::MAX, size, true);
        self.text += ")";
    }

    fn function(&mut self, head: &str, number: u64, size: u64, endless: bool) {
        // Functions that may be called: those after this one.
        let callees = if endless { 0..FUNCS } else { number + 1..FUNCS };
        let _ = write!(self.text, "(func {head} {}", "(local i32)".repeat(COUNTERS as usize));
        self.text += "(local $x i32) (local $y i64)\n";
        self.text += HEAD;
        if endless {
            self.text += "(loop $for_ever ";
            self.text += HEAD;
        }
        for _ in 0..size {
            self.statement(0, &callees);
        }
        // The code generator must not know that there is no end: what comes after it makes stores before
        // it superfluous.
        self.text += if endless { "(br_if $for_ever (local.get 0))))\n" } else { ")\n" };
    }

    fn block(&mut self, depth: u64, callees: &std::ops::Range<u64>, most: u64) {
        for _ in 0..self.below(most + 1) {
            self.statement(depth, callees);
        }
    }

    fn statement(&mut self, depth: u64, callees: &std::ops::Range<u64>) {
        match self.below(if depth < 3 { 28 } else { 18 }) {
            0..=12 => self.effect(),
            13 | 14 => {
                self.text += "(local.set $x ";
                self.int(2);
                self.text += ")";
            }
            15 => {
                self.text += "(local.set $y ";
                self.long(2);
                self.text += ")";
            }
            16 | 17 => self.call(callees),
            18..=20 => self.counted_loop(depth, callees),
            21 => {
                self.text += "(if ";
                self.int(1);
                self.text += "(then ";
                self.block(depth + 1, callees, 3);
                self.text += ") (else ";
                self.block(depth + 1, callees, 2);
                self.text += "))";
            }
            22 => {
                self.text += "(block ";
                self.block(depth + 1, callees, 2);
                self.text += "(br_if 0 ";
                self.int(1);
                self.text += ")";
                self.block(depth + 1, callees, 2);
                self.text += ")";
            }
            // What is stored before a loop and after it.
            _ => {
                let (place, at) = (self.below(4), 8 * self.below(4));
                let store = match place {
                    0 => "global.set $i".to_string(),
                    1 => "global.set $n".to_string(),
                    2 => format!("i32.store $m (i32.const {at})"),
                    _ => format!("i32.store $k (i32.const {at})"),
                };
                let (before, after) = (self.below(1000), self.below(1000));
                let _ = write!(self.text, "{EFFECT}({store} (i32.const {before}))");
                let rounds = 3000 + self.below(30_000);
                let _ = write!(
                    self.text,
                    "(local.set 4 (i32.const {rounds})) (loop {HEAD}
                        (br_if 0 (local.tee 4 (i32.sub (local.get 4) (i32.const 1)))))
                    {EFFECT}({store} (i32.const {after}))"
                );
            }
        }
        self.text += "\n";
    }

    fn call(&mut self, callees: &std::ops::Range<u64>) {
        if callees.is_empty() {
            return self.effect();
        }
        let callee = callees.start + self.below(callees.end - callees.start);
        if self.below(2) == 0 {
            let _ = write!(self.text, "(call $f{callee} ");
            self.int(1);
        } else {
            self.text += "(call_indirect $calls (type $callee) ";
            self.int(1);
            let _ = write!(self.text, "(i32.const {callee})");
        }
        self.text += ")";
    }

    fn counted_loop(&mut self, depth: u64, callees: &std::ops::Range<u64>) {
        // Loops in one another have counters of their own.
        let counter = 1 + depth.min(COUNTERS - 1);
        let innermost = depth >= 2;
        let rounds =
            if innermost && self.below(3) == 0 { 1 + self.below(3000) } else { 1 + self.below(6) };
        let _ = write!(self.text, "(local.set {counter} (i32.const {rounds})) (loop {HEAD}");
        if innermost {
            for _ in 0..self.below(3) {
                self.effect();
            }
        } else {
            self.block(depth + 1, callees, 3);
        }
        let _ = write!(
            self.text,
            "(br_if 0 (local.tee {counter} (i32.sub (local.get {counter}) (i32.const 1)))))"
        );
    }

    /// Something that changes the state.
    fn effect(&mut self) {
        self.text += EFFECT;
        let memory = MEMORIES[self.below(2) as usize];
        match self.below(22) {
            0 | 1 => self.set("(global.set $i ", Source::int),
            2 => self.set("(global.set $n ", Source::int),
            3 => self.set("(global.set $l ", Source::long),
            4 => self.set("(global.set $f ", Source::double),
            5 => self.set("(global.set $v ", Source::vector),
            6 => {
                let object = self.object();
                let _ = write!(self.text, "(global.set $object {object})");
            }
            7 | 8 => self.store(memory, "i32.store", Source::int),
            9 => self.store(memory, "i32.store8", Source::int),
            10 => self.store(memory, "i32.store16", Source::int),
            11 => self.store(memory, "i64.store", Source::long),
            12 => self.store(memory, "i64.store32", Source::long),
            13 => self.store(memory, "f64.store", Source::double),
            14 => self.store(memory, "v128.store", Source::vector),
            15 => self.parts(&format!("memory.fill ${memory}"), [0xFF, 0xFF, 0x3F]),
            16 => {
                let other = MEMORIES[self.below(2) as usize];
                self.parts(&format!("memory.copy ${memory} ${other}"), [0xFF, 0xFF, 0x7F]);
            }
            17 => self.parts(&format!("memory.init ${memory} $bytes"), [0xFF, 0x0F, 0x1F]),
            18 => match self.below(3) {
                0 => {
                    let at = self.below(4);
                    let func = self.function_reference();
                    let _ = write!(self.text, "(table.set $t (i32.const {at}) {func})");
                }
                1 => self.parts("table.copy $t $t", [1, 1, 3]),
                _ => self.parts("table.init $t $refs", [1, 1, 3]),
            },
            19 => {
                let (at, object) = (self.below(4), self.object());
                let _ = write!(self.text, "(table.set $e (i32.const {at}) {object})");
            }
            20 => {
                let object = self.object();
                let (at, len) = (self.below(3), self.below(3));
                let _ = match self.below(2) {
                    0 => write!(
                        self.text,
                        "(table.fill $e (i32.const {at}) {object} (i32.const {len}))"
                    ),
                    _ => write!(self.text, "(drop (table.grow $e {object} (i32.const {len})))"),
                };
            }
            _ => match self.below(4) {
                0 => self.text += "(drop (memory.grow $k (i32.const 1)))",
                _ => self.set("(global.set $i ", Source::int),
            },
        }
    }

    fn set(&mut self, start: &str, value: fn(&mut Source, u64)) {
        self.text += start;
        value(self, 2);
        self.text += ")";
    }

    fn store(&mut self, memory: &str, instruction: &str, value: fn(&mut Source, u64)) {
        let offset = self.below(4) * 8;
        let _ = write!(self.text, "({instruction} ${memory} offset={offset} ");
        self.address();
        value(self, 1);
        self.text += ")";
    }

    /// An address that is often the same as another.
    fn address(&mut self) {
        if self.below(3) == 0 {
            self.text += "(i32.and (i32.const 0xFF) ";
            self.int(1);
            self.text += ")";
        } else {
            let at = self.below(4) * 8 + self.below(3);
            let _ = write!(self.text, "(i32.const {at})");
        }
    }

    /// A bulk instruction with three operands below these powers of two.
    fn parts(&mut self, instruction: &str, masks: [u64; 3]) {
        let _ = write!(self.text, "({instruction}");
        for mask in masks {
            if self.below(2) == 0 {
                let _ = write!(self.text, " (i32.and (i32.const {mask}) ");
                self.int(1);
                self.text += ")";
            } else {
                let value = self.below(mask + 1);
                let _ = write!(self.text, " (i32.const {value})");
            }
        }
        self.text += ")";
    }

    fn object(&mut self) -> &'static str {
        ["(global.get $one)", "(global.get $two)", "(ref.null extern)", "(global.get $object)"]
            [self.below(4) as usize]
    }

    fn function_reference(&mut self) -> &'static str {
        ["(ref.func $f0)", "(ref.func $f1)", "(ref.null func)"][self.below(3) as usize]
    }

    fn int(&mut self, depth: u64) {
        match self.below(if depth > 0 { 9 } else { 5 }) {
            0 => {
                let value = self.below(1 << 20);
                let _ = write!(self.text, "(i32.const {value})");
            }
            1 => self.text += "(local.get $x)",
            2 => self.text += "(local.get 0)",
            3 => self.text += "(global.get $i)",
            4 => self.text += "(global.get $n)",
            5 => {
                let memory = MEMORIES[self.below(2) as usize];
                let load = ["i32.load", "i32.load8_u", "i32.load16_s"][self.below(3) as usize];
                let _ = write!(self.text, "({load} ${memory} ");
                self.address();
                self.text += ")";
            }
            6 => {
                self.text += "(i32.wrap_i64 ";
                self.long(depth - 1);
                self.text += ")";
            }
            _ => {
                let operator = ["add", "sub", "mul", "xor", "rotl", "lt_s"][self.below(6) as usize];
                let _ = write!(self.text, "(i32.{operator} ");
                self.int(depth - 1);
                self.int(depth - 1);
                self.text += ")";
            }
        }
    }

    fn long(&mut self, depth: u64) {
        match self.below(if depth > 0 { 7 } else { 4 }) {
            0 => {
                let value = self.random.next() as i64;
                let _ = write!(self.text, "(i64.const {value})");
            }
            1 => self.text += "(local.get $y)",
            2 => self.text += "(global.get $l)",
            // The number of the round makes the values of each different.
            3 => self.text += COUNT,
            4 => {
                let memory = MEMORIES[self.below(2) as usize];
                let _ = write!(self.text, "(i64.load ${memory} ");
                self.address();
                self.text += ")";
            }
            _ => {
                let operator = ["add", "sub", "mul", "xor"][self.below(4) as usize];
                let _ = write!(self.text, "(i64.{operator} ");
                self.long(depth - 1);
                self.long(depth - 1);
                self.text += ")";
            }
        }
    }

    fn double(&mut self, depth: u64) {
        // Never one that is no number, whose bits engines choose.
        self.text += "(f64.convert_i32_s ";
        self.int(depth);
        self.text += ")";
    }

    fn vector(&mut self, depth: u64) {
        if self.below(3) == 0 {
            self.text += "(i64x2.add (global.get $v) ";
        } else {
            self.text += "(i64x2.replace_lane 1 (v128.const i64x2 1 2) ";
            self.long(depth);
            self.text += ")";
            return;
        }
        self.text += "(i64x2.splat ";
        self.long(depth);
        self.text += "))";
    }
}
