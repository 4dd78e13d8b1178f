//! Runs a module: the command line of WasmEdge 0.11.2.

fn main() {
    wasmspan::cli::begin();
    wasmspan::log::set_level(wasmspan::log::LogLevel::Info);
    let status = wasmspan::cli::wasmedge(
        std::env::args_os(),
        &mut std::io::stdout(),
        &mut std::io::stderr(),
    );
    std::process::exit(status);
}
