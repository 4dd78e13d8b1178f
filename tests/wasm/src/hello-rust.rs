// Prints a greeting, the arguments and one environment variable.
fn main() {
    println!("hello from Rust");
    for (i, arg) in std::env::args().enumerate().skip(1) {
        println!("arg {}: {}", i, arg);
    }
    match std::env::var("GREETING") {
        Ok(value) => println!("GREETING={}", value),
        Err(_) => println!("GREETING=(unset)"),
    }
}
