//! Functions of the module `numbers`, made by `wasmspan bindgen`.

use wasmspan::{Instance, Result, TypedFunc};

/// An instance of the module.
pub struct Numbers {
    add: TypedFunc<(i64, i64), i64>,
    div_rem: TypedFunc<(i32, i32), (i32, i32)>,
    new_: TypedFunc<f32, f64>,
    import: TypedFunc<i32, ()>,
    not_much: TypedFunc<(), ()>,
}

impl Numbers {
    /// Finds the functions of an instance.
    pub fn new(instance: &Instance) -> Result<Numbers> {
        Ok(Numbers {
            add: instance.typed("add")?,
            div_rem: instance.typed("div-rem")?,
            new_: instance.typed("new")?,
            import: instance.typed("import")?,
            not_much: instance.typed("notMuch")?,
        })
    }

    /// Calls `add`.
    pub fn add(&self, a: i64, b: i64) -> Result<i64> {
        self.add.call((a, b))
    }

    /// Divides, and gives quotient and rest.
    ///
    /// Traps if the divisor is zero.
    pub fn div_rem(&self, dividend: i32, divisor: i32) -> Result<(i32, i32)> {
        self.div_rem.call((dividend, divisor))
    }

    /// Calls `new`.
    pub fn new_(&self, type_: f32) -> Result<f64> {
        self.new_.call(type_)
    }

    /// Calls `import`.
    pub fn import(&self, class: i32) -> Result<()> {
        self.import.call(class)
    }

    /// Calls `notMuch`.
    pub fn not_much(&self) -> Result<()> {
        self.not_much.call(())
    }
}
