//! The shape of lines; one test owns the process-wide level and sink.

use super::*;
use crate::error::ErrCode;
use std::sync::Mutex;

#[test]
fn a_line_has_time_level_and_text() {
    let time =
        LocalTime { year: 2026, month: 1, day: 2, hour: 3, minute: 4, second: 5, millisecond: 6 };
    assert_eq!(
        format_line(time, LogLevel::Error, "text", false),
        "[2026-01-02 03:04:05.006] [error] text\n"
    );
    let coloured = format_line(time, LogLevel::Info, "text", true);
    assert!(coloured.contains("[\x1b[32minfo\x1b[m] text"));
}

#[test]
fn the_clock_is_sane() {
    let now = local_now();
    assert!(now.year >= 2024 && (1..=12).contains(&now.month) && now.millisecond < 1000);
}

#[test]
fn level_sink_and_error_lines() {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let kept = lines.clone();
    let keep = move |level: LogLevel, text: &str| {
        kept.lock().unwrap().push(format!("{}:{text}", level.text()));
        if text == "panic" {
            panic!("a sink that fails");
        }
    };
    set_sink(Some(Arc::new(keep)));
    assert_eq!(level(), LogLevel::Off);
    log(LogLevel::Error, "hidden");
    set_level(LogLevel::Info);
    log(LogLevel::Debug, "hidden");
    log(LogLevel::Info, "shown");
    log(LogLevel::Info, "panic");
    set_level(LogLevel::Off);
    log_error(&ErrCode::UnexpectedEnd.into());
    set_level(LogLevel::Error);
    log(LogLevel::Info, "hidden");
    log_error(&ErrCode::Terminated.into());
    log_error(&Error::user(5566));
    let error = Error::with_detail(ErrCode::UnexpectedEnd, "why")
        .at(0x1F)
        .in_nodes(&["code section", "module"])
        .closing("File name: \"a.wasm\"");
    log_error(&error);
    set_level(LogLevel::Off);
    set_sink(None);
    assert_eq!(
        *lines.lock().unwrap(),
        [
            "info:shown",
            "info:panic",
            "error:user defined failed: user defined error code, Code: 0x15be",
            "error:loading failed: unexpected end, Code: 0x22",
            "error:    why",
            "error:    Bytecode offset: 0x0000001f",
            "error:    At AST node: code section",
            "error:    At AST node: module",
            "error:    File name: \"a.wasm\"",
        ]
    );
}
