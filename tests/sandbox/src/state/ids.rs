//! Ids, all from one seed, so that a restart makes the same ones.

use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A source of ids.
#[derive(Clone)]
pub(crate) struct Ids {
    own: ChaCha8Rng,
    shared: ChaCha8Rng,
    seconds: u32,
}

/// First id's time stamp: the seeded data was "made" in March 2026.
const FIRST_SECOND: u32 = 0x69A4_5000;

impl Ids {
    /// Ids of one deployment. Model ids depend on the seed alone: definitions keep their ids
    /// wherever they are loaded. All other ids depend on the name, too.
    pub(crate) fn new(seed: u64, name: &str) -> Self {
        Self {
            own: ChaCha8Rng::seed_from_u64(mix(seed, name)),
            shared: ChaCha8Rng::seed_from_u64(mix(seed, "models")),
            seconds: FIRST_SECOND,
        }
    }

    /// A 24-hex id. Later ids are greater.
    pub(crate) fn object(&mut self) -> String {
        self.seconds += 1;
        let machine = self.own.random::<u64>();
        format!("{:08x}{machine:016x}", self.seconds)
    }

    /// A UUID of this deployment.
    pub(crate) fn uuid(&mut self) -> String {
        uuid_from(&mut self.own)
    }

    /// A UUID that every deployment of the same seed shares.
    pub(crate) fn model_uuid(&mut self) -> String {
        uuid_from(&mut self.shared)
    }

    /// A new token.
    pub(crate) fn token(&mut self) -> String {
        token_from(&mut self.own)
    }

    /// A number below a limit.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        if limit == 0 { 0 } else { self.own.random_range(0..limit) }
    }
}

/// The token of a seeded role: it depends on seed and name, not on how many ids were made.
pub(crate) fn role_token(seed: u64, name: &str, role: &str) -> String {
    token_from(&mut ChaCha8Rng::seed_from_u64(mix(mix(seed, name), role)))
}

fn token_from(source: &mut ChaCha8Rng) -> String {
    let mut bytes = [0_u8; 32];
    source.fill_bytes(&mut bytes);
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sbx.{hex}")
}

fn uuid_from(source: &mut ChaCha8Rng) -> String {
    let mut bytes = [0_u8; 16];
    source.fill_bytes(&mut bytes);
    uuid::Builder::from_random_bytes(bytes).into_uuid().hyphenated().to_string()
}

/// FNV-1a over seed and text: stable over releases, unlike the standard library's hash.
pub(super) fn mix(seed: u64, text: &str) -> u64 {
    let start = 0xcbf2_9ce4_8422_2325 ^ seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    text.bytes().fold(start, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
