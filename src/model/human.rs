//! Numbers as people read them: sizes, durations, counts.
//! It must not know where a number comes from or where it is shown.

/// `87 B`, `3.1 KB`, `25.0 MB` (1 KB = 1024 bytes).
pub fn bytes_size(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} B"),
        1024..1_048_576 => format!("{:.1} KB", bytes as f64 / 1024.0),
        1_048_576..1_073_741_824 => format!("{:.1} MB", bytes as f64 / 1_048_576.0),
        _ => format!("{:.1} GB", bytes as f64 / 1_073_741_824.0),
    }
}

/// `412 us`, `3.9 ms`, `38 ms`, `1.2 s`, `2 m 11 s`, `3 h 0 m`, `3 d 4 h`.
pub fn micros(us: u64) -> String {
    match us {
        0..1_000 => format!("{us} us"),
        1_000..10_000 => format!("{:.1} ms", us as f64 / 1e3),
        10_000..1_000_000 => format!("{} ms", us / 1_000),
        1_000_000..60_000_000 => format!("{:.1} s", us as f64 / 1e6),
        60_000_000..7_200_000_000 => format!("{} m {} s", us / 60_000_000, us / 1_000_000 % 60),
        7_200_000_000..172_800_000_000 => format!("{} h {} m", us / 3_600_000_000, us / 60_000_000 % 60),
        _ => format!("{} d {} h", us / 86_400_000_000, us / 3_600_000_000 % 24),
    }
}

/// `1,284`.
pub fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// `1 event`, `1,284 events`.
pub fn count(n: u64, thing: &str) -> String {
    let ending = match n {
        1 => "",
        _ if thing.ends_with('y') => return format!("{} {}ies", thousands(n), &thing[..thing.len() - 1]),
        _ if thing.ends_with('s') => "es",
        _ => "s",
    };
    format!("{} {thing}{ending}", thousands(n))
}

/// `10m` as microseconds; units us ms s m h d.
pub fn duration(text: &str) -> Option<i64> {
    let end = text.find(|c: char| !c.is_ascii_digit())?;
    let unit = match &text[end..] {
        "us" => 1,
        "ms" => 1_000,
        "s" => 1_000_000,
        "m" => 60_000_000,
        "h" => 3_600_000_000,
        "d" => 86_400_000_000,
        _ => return None,
    };
    text[..end].parse::<i64>().ok()?.checked_mul(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_well() {
        assert_eq!((count(2, "delivery"), count(1, "delivery")), ("2 deliveries".to_owned(), "1 delivery".to_owned()));
        assert_eq!(thousands(1_284), "1,284");
        assert_eq!(thousands(12), "12");
        assert_eq!((count(1, "event"), count(0, "event")), ("1 event".into(), "0 events".into()));
        assert_eq!(thousands(1_000_000), "1,000,000");
        assert_eq!(bytes_size(3142), "3.1 KB");
        assert_eq!(micros(3_962), "4.0 ms");
        assert_eq!(micros(131_000_000), "2 m 11 s");
    }
}
