//! Names of the `name` custom section: hints for people, so garbage in it is no error.

use std::collections::HashMap;

use crate::abi::leb;

/// What a module calls itself and its functions.
#[derive(Debug, Default)]
pub(crate) struct NameMap {
    pub module: Option<String>,
    /// Name by function index.
    pub functions: HashMap<u32, String>,
}

/// Subsection of the module's own name.
const MODULE: u8 = 0;
/// Subsection of function names.
const FUNCTIONS: u8 = 1;
/// Subsection of names of parameters and other locals.
const LOCALS: u8 = 2;

impl NameMap {
    /// Reads the content of a `name` section as far as it makes sense, for a module of `functions`
    /// functions; bytes that aren't UTF-8 become replacement characters.
    pub fn parse(content: &[u8], functions: usize) -> NameMap {
        let mut names = NameMap::default();
        let mut reader = Reader(content);
        while let Some((id, body)) = reader.subsection() {
            let mut body = Reader(body);
            match id {
                MODULE => names.module = body.string().or(names.module),
                FUNCTIONS => {
                    let count = body.u32().unwrap_or(0);
                    for _ in 0..count {
                        let Some((index, name)) = body.u32().zip(body.string()) else { break };
                        if (index as usize) < functions {
                            names.functions.insert(index, name);
                        }
                    }
                }
                _ => {}
            }
        }
        names
    }

    /// Names of a function's first `count` locals, which its parameters are, in the content of a `name` section.
    pub fn params(content: &[u8], function: u32, count: usize) -> Vec<Option<String>> {
        let mut params = vec![None; count];
        let mut reader = Reader(content);
        while let Some((id, body)) = reader.subsection() {
            if id == LOCALS {
                Reader(body).locals(function, &mut params);
            }
        }
        params
    }

    /// The name of a function.
    pub fn function(&self, index: u32) -> Option<&str> {
        self.functions.get(&index).map(String::as_str)
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn byte(&mut self) -> Option<u8> {
        let (&first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(first)
    }

    fn u32(&mut self) -> Option<u32> {
        leb::read(&mut self.0)
    }

    fn bytes(&mut self) -> Option<&'a [u8]> {
        let len = self.u32()? as usize;
        let (bytes, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(bytes)
    }

    fn string(&mut self) -> Option<String> {
        self.bytes().map(|bytes| String::from_utf8_lossy(bytes).into_owned())
    }

    /// Reads a subsection of locals as far as it makes sense.
    fn locals(&mut self, function: u32, into: &mut [Option<String>]) -> Option<()> {
        for _ in 0..self.u32()? {
            let index = self.u32()?;
            for _ in 0..self.u32()? {
                let (local, name) = (self.u32()?, self.string()?);
                if index == function
                    && let Some(place) = into.get_mut(local as usize)
                {
                    *place = Some(name);
                }
            }
        }
        Some(())
    }

    fn subsection(&mut self) -> Option<(u8, &'a [u8])> {
        Some((self.byte()?, self.bytes()?))
    }
}

#[cfg(test)]
mod tests {
    use super::NameMap;

    #[test]
    fn reads_module_and_functions() {
        let names = NameMap::parse(b"\x00\x02\x01m\x01\x07\x02\x00\x01a\x05\x01b", 6);
        assert_eq!(names.module.as_deref(), Some("m"));
        assert_eq!(names.function(0), Some("a"));
        assert_eq!(names.function(5), Some("b"));
        assert_eq!(names.function(1), None);
        let names = NameMap::parse(b"\x01\x07\x02\x00\x01a\x05\x01b", 5);
        assert_eq!(names.functions.len(), 1, "function 5 doesn't exist");
    }

    #[test]
    fn reads_parameters() {
        let section = b"\x02\x0e\x02\x00\x01\x00\x01a\x03\x02\x01\x01b\x05\x01c";
        let params = |function| NameMap::params(section, function, 2);
        assert_eq!(params(0), [Some("a".into()), None]);
        assert_eq!(params(3), [None, Some("b".into())], "local 5 is no parameter");
        assert_eq!(params(1), [None, None]);
        let garbage = b"\x02\x09\xff\xff\xff\xff\x0f\x00\x01\x00\x7f";
        assert_eq!(NameMap::params(garbage, 0, 1), [None]);
    }

    #[test]
    fn keeps_what_precedes_garbage() {
        let names =
            NameMap::parse(b"\x00\x02\x01m\x01\x09\xff\xff\xff\xff\x0f\x00\x01a\x01\x7f", 9);
        assert_eq!(names.module.as_deref(), Some("m"));
        assert_eq!(names.function(0), Some("a"));
        assert_eq!(names.functions.len(), 1);
        assert!(NameMap::parse(&[0xff; 40], 9).module.is_none());
        assert_eq!(NameMap::parse(b"\x00\x02\x01\xff", 9).module.as_deref(), Some("\u{fffd}"));
    }
}
