//! A WASI guest whose functions a test calls one by one, and folders to let it loose on.

use crate::old_kernel;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use wasmspan::wasi::WasiBuilder;
use wasmspan::{Instance, Memory, Module, Store, Val};

/// Name and parameters of the functions on files; `i` is `i32`, `I` is `i64`.
const FUNCTIONS: &[(&str, &str)] = &[
    ("clock_res_get", "ii"),
    ("clock_time_get", "iIi"),
    ("random_get", "ii"),
    ("fd_advise", "iIIi"),
    ("fd_allocate", "iII"),
    ("fd_close", "i"),
    ("fd_datasync", "i"),
    ("fd_fdstat_get", "ii"),
    ("fd_fdstat_set_flags", "ii"),
    ("fd_fdstat_set_rights", "iII"),
    ("fd_filestat_get", "ii"),
    ("fd_filestat_set_size", "iI"),
    ("fd_filestat_set_times", "iIIi"),
    ("fd_pread", "iiiIi"),
    ("fd_prestat_dir_name", "iii"),
    ("fd_prestat_get", "ii"),
    ("fd_pwrite", "iiiIi"),
    ("fd_read", "iiii"),
    ("fd_readdir", "iiiIi"),
    ("fd_renumber", "ii"),
    ("fd_seek", "iIii"),
    ("fd_sync", "i"),
    ("fd_tell", "ii"),
    ("fd_write", "iiii"),
    ("path_create_directory", "iii"),
    ("path_filestat_get", "iiiii"),
    ("path_filestat_set_times", "iiiiIIi"),
    ("path_link", "iiiiiii"),
    ("path_open", "iiiiiIIii"),
    ("path_readlink", "iiiiii"),
    ("path_remove_directory", "iii"),
    ("path_rename", "iiiiii"),
    ("path_symlink", "iiiii"),
    ("path_unlink_file", "iii"),
];

/// Rights that the tests ask for.
pub const READ: i64 = 1 << 1;
/// As above.
pub const WRITE: i64 = 1 << 6;

/// Every right of a file.
pub const FILE: i64 = 0x08E0_01FF;
/// Every right of a directory.
pub const PATHS: i64 = 0x07BF_FE19;

/// End of the guest's memory.
pub const END: i64 = 4 * 65_536;

/// The guest.
pub struct Guest {
    instance: Instance,
    memory: Memory,
}

impl Guest {
    /// A guest in this environment.
    pub fn new(settings: WasiBuilder) -> Guest {
        let (mut imports, mut wrappers) = (String::new(), String::new());
        for (name, letters) in FUNCTIONS {
            let list: Vec<&str> =
                letters.chars().map(|c| if c == 'i' { "i32" } else { "i64" }).collect();
            let ty = format!("(param {}) (result i32)", list.join(" "));
            imports +=
                &format!("(import \"wasi_snapshot_preview1\" \"{name}\" (func ${name} {ty}))\n");
            let gets: String = (0..letters.len()).map(|i| format!("(local.get {i})")).collect();
            wrappers += &format!("(func (export \"{name}\") {ty} (call ${name} {gets}))\n");
        }
        let text = format!("(module {imports} (memory (export \"memory\") 4) {wrappers})");
        let wasi = settings.build().expect("the environment can be made");
        let store = Store::new();
        store.register("wasi_snapshot_preview1", wasi.instance()).expect("the name is free");
        let module = Module::new(text).expect("it is valid");
        let instance = module.instantiate(&store).expect("every function is there");
        let memory = instance.get_memory("memory").expect("it is exported");
        Guest { instance, memory }
    }

    /// Calls a function; gives the error number.
    pub fn call(&self, name: &str, params: &[i64]) -> i32 {
        let (_, letters) =
            FUNCTIONS.iter().find(|(known, _)| *known == name).expect("a known function");
        assert_eq!(letters.len(), params.len(), "{name}");
        let values: Vec<Val> = letters
            .chars()
            .zip(params)
            .map(|(c, value)| if c == 'i' { Val::I32(*value as i32) } else { Val::I64(*value) })
            .collect();
        let results = self.instance.call(name, &values).expect("it returns");
        results[0].i32().expect("an error number")
    }

    /// Four bytes of memory.
    pub fn word(&self, at: usize) -> u32 {
        self.memory.read_value(at).expect("in bounds")
    }

    /// Eight bytes of memory.
    pub fn long(&self, at: usize) -> u64 {
        self.memory.read_value(at).expect("in bounds")
    }

    /// Bytes of memory.
    pub fn bytes(&self, at: usize, len: usize) -> Vec<u8> {
        self.memory.read_vec(at, len).expect("in bounds")
    }

    /// Puts bytes into memory; gives where, and their number.
    pub fn put(&self, at: i64, bytes: &[u8]) -> [i64; 2] {
        self.memory.write(at as usize, bytes).expect("in bounds");
        [at, bytes.len() as i64]
    }

    /// Puts a list of places and lengths into memory.
    pub fn put_pieces(&self, at: i64, pieces: &[(u32, u32)]) {
        let words = pieces.iter().flat_map(|(buf, len)| [*buf, *len]);
        let bytes: Vec<u8> = words.flat_map(u32::to_le_bytes).collect();
        self.put(at, &bytes);
    }

    /// Opens a path with links followed and all rights passed on; gives the descriptor.
    pub fn open(&self, fd: i64, path: &[u8], oflags: i64, base: i64) -> Result<i64, i32> {
        let [at, len] = self.put(1024, path);
        match self.call("path_open", &[fd, 1, at, len, oflags, base, -1, 0, 0]) {
            0 => Ok(i64::from(self.word(0))),
            errno => Err(errno),
        }
    }

    /// Calls a function of one path, which comes after `before` and is followed by `after`.
    pub fn on_path(&self, name: &str, before: &[i64], path: &[u8], after: &[i64]) -> i32 {
        let [at, len] = self.put(1024, path);
        self.call(name, &[before, &[at, len], after].concat())
    }

    /// Writes bytes at the position; gives the error number and how many were taken.
    pub fn write(&self, fd: i64, bytes: &[u8]) -> (i32, u32) {
        self.put(131_072, bytes);
        self.put_pieces(64, &[(131_072, bytes.len() as u32)]);
        (self.call("fd_write", &[fd, 64, 1, 0]), self.word(0))
    }

    /// Reads up to `len` bytes at the position.
    pub fn read(&self, fd: i64, len: u32) -> Result<Vec<u8>, i32> {
        self.put_pieces(64, &[(131_072, len)]);
        match self.call("fd_read", &[fd, 64, 1, 0]) {
            0 => Ok(self.bytes(131_072, self.word(0) as usize)),
            errno => Err(errno),
        }
    }

    /// All names of an open directory, read with a buffer of this size, in the order given.
    pub fn list(&self, fd: i64, room: usize) -> Result<Vec<String>, i32> {
        let (mut names, mut cookie) = (Vec::new(), 0_u64);
        loop {
            let params = [fd, 131_072, room as i64, cookie.cast_signed(), 0];
            match self.call("fd_readdir", &params) {
                0 => {}
                errno => return Err(errno),
            }
            let used = self.word(0) as usize;
            let bytes = self.bytes(131_072, used);
            let mut at = 0;
            while at + 24 <= used {
                let len = u32::from_le_bytes(bytes[at + 16..at + 20].try_into().expect("four"));
                let end = at + 24 + len as usize;
                if end > used {
                    break;
                }
                cookie = u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight"));
                names.push(String::from_utf8(bytes[at + 24..end].to_vec()).expect("text"));
                at = end;
            }
            assert!(used < room || at > 0, "the buffer holds an entry");
            if used < room {
                return Ok(names);
            }
        }
    }
}

/// A folder of a test, with `guest` and `outside` in it, that goes with it.
pub struct Folder(PathBuf);

impl Folder {
    /// A folder that no other test has.
    pub fn new(name: &str) -> Folder {
        assert_ne!(old_kernel::is_old(), old_kernel::has_openat2(), "the wrong kernel");
        let path = std::env::temp_dir().join(format!("wasmspan-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(path.join("guest")).expect("a folder");
        fs::create_dir_all(path.join("outside/inner")).expect("a folder");
        fs::write(path.join("outside/secret"), "secret").expect("a file");
        Folder(path)
    }

    /// Itself.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// What is given to the guest.
    pub fn guest(&self) -> PathBuf {
        self.0.join("guest")
    }

    /// What must stay as it is.
    pub fn outside(&self) -> PathBuf {
        self.0.join("outside")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Every file below a folder, with content, kind and time of change.
pub fn photograph(folder: &Path) -> BTreeMap<PathBuf, (Vec<u8>, SystemTime)> {
    let mut found = BTreeMap::new();
    let own = fs::metadata(folder).expect("it is there");
    found.insert(folder.into(), (Vec::new(), own.modified().expect("a time")));
    for entry in fs::read_dir(folder).expect("it can be listed") {
        let path = entry.expect("an entry").path();
        let own = fs::symlink_metadata(&path).expect("it is there");
        let time = own.modified().expect("a time");
        if own.is_dir() {
            found.extend(photograph(&path));
        } else if own.is_symlink() {
            let target = fs::read_link(&path).expect("a link").into_os_string();
            found.insert(path, (target.into_encoded_bytes(), time));
        } else {
            found.insert(path.clone(), (fs::read(&path).unwrap_or_default(), time));
        }
    }
    found
}
