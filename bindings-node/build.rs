//! Sets the linker options that a Node.js addon needs.

fn main() {
    napi_build::setup();
    // Node.js unloads an addon with the last environment that has it. Our signal handlers and
    // threads stay, so the code must too.
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
    }
}
