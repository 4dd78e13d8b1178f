//! The option parser of `wasmedge` and `wasmedgec`.
//!
//! Written by hand, because WasmEdge's rules are not those of the usual libraries: the first
//! positional word ends the options without `--`, help is a failure, and scripts compare the texts.

use super::{FAILURE, WASMEDGE_VERSION};
use std::ffi::OsString;
use std::io::Write;

/// One option of a command.
#[derive(Clone, Copy, Debug)]
pub(super) struct Opt {
    /// Name without dashes.
    pub name: &'static str,
    pub takes_value: bool,
    pub text: &'static str,
}

/// What a command accepts.
pub(super) struct Command {
    /// Positional words, as the help shows them.
    pub usage: &'static str,
    pub min_positional: usize,
    pub max_positional: usize,
    pub options: Vec<Opt>,
}

/// What was given.
#[derive(Debug, Default)]
pub(super) struct Parsed {
    given: Vec<(&'static str, OsString)>,
    pub positional: Vec<OsString>,
}

impl Parsed {
    /// Whether a switch was given.
    pub(super) fn has(&self, name: &str) -> bool {
        self.given.iter().any(|(known, _)| *known == name)
    }

    /// The values of an option, in order.
    pub(super) fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a OsString> {
        self.given.iter().filter(move |(known, _)| *known == name).map(|(_, value)| value)
    }

    /// The last value of an option as a number.
    pub(super) fn number(&self, name: &str) -> Result<Option<u64>, String> {
        let Some(value) = self.values(name).last() else { return Ok(None) };
        let number = value.to_str().and_then(|text| text.parse().ok());
        number.map(Some).ok_or_else(|| {
            format!("option {name} needs a number that is not negative, not {value:?}.")
        })
    }
}

const HELP: Opt = Opt { name: "help", takes_value: false, text: "Show this help." };
const VERSION: Opt = Opt { name: "version", takes_value: false, text: "Show the version." };

impl Command {
    /// Parses the words after the program's name. `Err` is the exit status after something was
    /// printed instead.
    pub(super) fn parse(
        &self,
        args: impl IntoIterator<Item = OsString>,
        out: &mut dyn Write,
    ) -> Result<Parsed, i32> {
        let mut args = args.into_iter();
        let program = args.next().unwrap_or_default();
        let program = program.to_string_lossy();
        let parsed = match self.words(args) {
            Ok(parsed) => parsed,
            Err(message) => {
                let _ = writeln!(out, "{message}");
                return Err(FAILURE);
            }
        };
        if parsed.has(VERSION.name) {
            let _ = writeln!(out, "{program} version {WASMEDGE_VERSION}");
            return Err(0);
        }
        if parsed.has(HELP.name) || parsed.positional.len() < self.min_positional {
            let _ = self.help(&program, out);
            return Err(FAILURE);
        }
        Ok(parsed)
    }

    fn find(&self, name: &str) -> Option<Opt> {
        [HELP, VERSION].iter().chain(&self.options).find(|option| option.name == name).copied()
    }

    fn words(&self, mut args: impl Iterator<Item = OsString>) -> Result<Parsed, String> {
        let mut parsed = Parsed::default();
        let mut options = true;
        while let Some(arg) = args.next() {
            // Options are plain text; a word that isn't can only be positional.
            let text = arg.to_str().unwrap_or("").to_string();
            if options && text == "--" {
                options = false;
            } else if options && text.len() > 2 && text.starts_with("--") {
                self.long(&text[2..], &mut args, &mut parsed)?;
            } else if options && text.len() > 1 && text.starts_with('-') {
                for letter in text[1..].chars() {
                    match letter {
                        'h' => parsed.given.push((HELP.name, OsString::new())),
                        'v' => parsed.given.push((VERSION.name, OsString::new())),
                        other => return Err(format!("unknown option: {other}")),
                    }
                }
            } else {
                options = false;
                if parsed.positional.len() == self.max_positional {
                    return Err("positional argument exceeds maxinum consuming.".into());
                }
                parsed.positional.push(arg);
            }
        }
        Ok(parsed)
    }

    fn long(
        &self,
        text: &str,
        args: &mut impl Iterator<Item = OsString>,
        parsed: &mut Parsed,
    ) -> Result<(), String> {
        let (name, attached) = match text.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (text, None),
        };
        let option = self.find(name).ok_or_else(|| format!("unknown option: {name}"))?;
        let value = match (option.takes_value, attached) {
            (false, None) => OsString::new(),
            (false, Some(_)) => return Err(format!("option {name}doesn't need arguments.")),
            (true, Some(value)) => value.into(),
            (true, None) => args.next().ok_or_else(|| format!("option {name} needs a value."))?,
        };
        parsed.given.push((option.name, value));
        Ok(())
    }

    fn help(&self, program: &str, out: &mut dyn Write) -> std::io::Result<()> {
        const YELLOW: &str = "\x1b[33m";
        const GREEN: &str = "\x1b[32m";
        const RESET: &str = "\x1b[0m";
        writeln!(out, "{YELLOW}USAGE{RESET}")?;
        writeln!(out, "\t{program} [OPTIONS] [--] {}", self.usage)?;
        writeln!(out)?;
        writeln!(out, "{YELLOW}OPTIONS{RESET}")?;
        for option in [HELP, VERSION].iter().chain(&self.options) {
            let short = match option.name {
                "help" => "-h|",
                "version" => "-v|",
                _ => "",
            };
            writeln!(out, "\t{GREEN}")?;
            writeln!(out, "{short}--{}{RESET}", option.name)?;
            for line in wrap(option.text, 62) {
                writeln!(out, "\t\t{line}")?;
            }
        }
        Ok(())
    }
}

/// Breaks a text into lines of at most `width` characters, at spaces.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.last_mut().expect("never empty");
        if !line.is_empty() && line.len() + 1 + word.len() > width {
            lines.push(word.to_string());
        } else {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command() -> Command {
        let flag = Opt { name: "flag", takes_value: false, text: "A switch." };
        let list = Opt { name: "list", takes_value: true, text: "A list." };
        Command { usage: "A [B]", min_positional: 1, max_positional: 2, options: vec![flag, list] }
    }

    fn parse(words: &[&str]) -> Result<Parsed, (i32, String)> {
        let mut out = Vec::new();
        let args = std::iter::once("prog").chain(words.iter().copied()).map(OsString::from);
        let parsed = command().parse(args, &mut out);
        parsed.map_err(|status| (status, String::from_utf8(out).expect("text")))
    }

    #[test]
    fn values_come_attached_or_as_the_next_word() {
        let parsed = parse(&["--flag", "--list=a=b", "--list", "--flag", "x"]).expect("valid");
        assert!(parsed.has("flag"));
        assert_eq!(parsed.values("list").collect::<Vec<_>>(), ["a=b", "--flag"]);
        assert_eq!(parsed.positional, ["x"]);
    }

    #[test]
    fn the_first_positional_word_ends_the_options() {
        let parsed = parse(&["x", "--flag"]).expect("valid");
        assert!(!parsed.has("flag"));
        assert_eq!(parsed.positional, ["x", "--flag"]);
        assert_eq!(parse(&["--", "--flag"]).expect("valid").positional, ["--flag"]);
        assert_eq!(parse(&["-"]).expect("valid").positional, ["-"]);
    }

    #[test]
    fn mistakes_have_fixed_texts() {
        let fails = |words: &[&str], text: &str| {
            assert_eq!(parse(words).expect_err("invalid"), (1, format!("{text}\n")));
        };
        fails(&["--flag=1", "x"], "option flagdoesn't need arguments.");
        fails(&["--no"], "unknown option: no");
        fails(&["-hx"], "unknown option: x");
        fails(&["a", "b", "c"], "positional argument exceeds maxinum consuming.");
        fails(&["--list"], "option list needs a value.");
    }

    #[test]
    fn help_fails_and_version_does_not() {
        assert_eq!(parse(&["-hv"]).expect_err("ends"), (0, "prog version 0.11.2\n".into()));
        let (status, help) = parse(&[]).expect_err("ends");
        assert_eq!(status, 1);
        assert!(help.starts_with("\x1b[33mUSAGE\x1b[0m\n\tprog [OPTIONS] [--] A [B]\n\n"));
        assert!(help.contains("\t\x1b[32m\n-h|--help\x1b[0m\n\t\tShow this help.\n"));
    }

    #[test]
    fn long_texts_are_wrapped() {
        assert_eq!(wrap("a bb ccc", 4), ["a bb", "ccc"]);
    }
}
