//! Connection settings in exports: a text that only the deployment that wrote it can read.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use super::ids::mix;

/// Seals settings with the key of a deployment. This keeps no secret from anybody who looks
/// here: it stands for the encryption of a real server.
pub(crate) fn seal(key: &str, settings: &Value) -> String {
    let text = STANDARD.encode(turned(key, settings.to_string().into_bytes()));
    let envelope = json!({ "encryptedData": { "ciphertext": text, "keyId": key_id(key) } });
    STANDARD.encode(envelope.to_string())
}

/// Opens what was sealed with the same key.
pub(crate) fn open(key: &str, sealed: &str) -> Option<Value> {
    let envelope = STANDARD.decode(sealed).ok()?;
    let envelope: Value = serde_json::from_slice(&envelope).ok()?;
    let data = &envelope["encryptedData"];
    if data["keyId"] != key_id(key) {
        return None;
    }
    let text = STANDARD.decode(data["ciphertext"].as_str()?).ok()?;
    serde_json::from_slice(&turned(key, text)).ok()
}

fn key_id(key: &str) -> String {
    format!("{:08x}", mix(1, key) >> 32)
}

/// Turning twice gives the same bytes again.
fn turned(key: &str, mut bytes: Vec<u8>) -> Vec<u8> {
    let mut pad = vec![0; bytes.len()];
    ChaCha8Rng::seed_from_u64(mix(2, key)).fill_bytes(&mut pad);
    bytes.iter_mut().zip(pad).for_each(|(byte, pad)| *byte ^= pad);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_key_opens() {
        let settings = json!({ "Server": "data.acme.example", "Password": "hush" });
        let sealed = seal("one", &settings);
        assert_eq!(open("one", &sealed), Some(settings));
        assert_eq!(open("two", &sealed), None);
        assert_eq!(open("one", "no base64"), None);
        assert!(!sealed.contains("hush"));
    }
}
