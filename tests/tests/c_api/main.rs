//! The C libraries, used as C and C++ programs use them: headers, example programs, rules, linking.

mod bad;
mod build;
mod endings;
mod examples;
mod header;
mod layers;
mod link;
mod programs;
mod tasks;
mod valgrind;
