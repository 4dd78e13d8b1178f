//! Host modules that a VM registers by itself.

/// A host module known by number; the discriminant is WasmEdge's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum HostRegistration {
    /// `wasi_snapshot_preview1`.
    Wasi = 0,
    /// `wasmedge_process`.
    WasmEdgeProcess = 1,
    /// `wasi_ephemeral_nn`.
    WasiNN = 2,
    /// `wasi_ephemeral_crypto_common`.
    WasiCryptoCommon = 3,
    /// `wasi_ephemeral_crypto_asymmetric_common`.
    WasiCryptoAsymmetricCommon = 4,
    /// `wasi_ephemeral_crypto_kx`.
    WasiCryptoKx = 5,
    /// `wasi_ephemeral_crypto_signatures`.
    WasiCryptoSignatures = 6,
    /// `wasi_ephemeral_crypto_symmetric`.
    WasiCryptoSymmetric = 7,
}

/// A set of host registrations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HostRegistrations(u8);

impl HostRegistrations {
    /// The empty set.
    pub fn none() -> HostRegistrations {
        HostRegistrations(0)
    }

    /// Adds a registration.
    pub fn add(&mut self, host: HostRegistration) {
        self.0 |= 1 << host as u8;
    }

    /// Removes a registration.
    pub fn remove(&mut self, host: HostRegistration) {
        self.0 &= !(1 << host as u8);
    }

    /// Whether a registration is in the set.
    pub fn has(self, host: HostRegistration) -> bool {
        self.0 & (1 << host as u8) != 0
    }
}
