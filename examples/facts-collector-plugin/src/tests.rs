//! What the host calls, called in tests.

use plugin_sdk::serde_json::{self, Value, json};
use plugin_sdk::testing::{self, FakeHost};

use crate::*;

fn collect(name: &str, config: Value) -> Value {
    serde_json::from_str(&execute_facts_collector(name, &config.to_string())).unwrap()
}

fn facts(name: &str, text: &str) -> Value {
    collect(name, json!({"text": text}))
}

fn error(name: &str, text: &str) -> String {
    let facts = facts(name, text);
    facts["error"].as_str().unwrap_or_else(|| panic!("{facts} is not an error")).to_owned()
}

const DEBIAN: &str = r#"PRETTY_NAME="Debian GNU/Linux 13 (trixie)"
NAME="Debian GNU/Linux"
VERSION_ID="13"
VERSION="13 (trixie)"
VERSION_CODENAME=trixie
DEBIAN_VERSION_FULL=13.2
ID=debian
HOME_URL="https://www.debian.org/"
"#;

#[test]
fn os_release_of_debian() {
    assert_eq!(
        facts("os_release", DEBIAN),
        json!({
            "id": "debian",
            "id_like": [],
            "name": "Debian GNU/Linux",
            "pretty_name": "Debian GNU/Linux 13 (trixie)",
            "version": "13 (trixie)",
            "version_id": "13",
            "version_codename": "trixie",
            "variant_id": null,
            "fields": {
                "DEBIAN_VERSION_FULL": "13.2",
                "HOME_URL": "https://www.debian.org/",
                "ID": "debian",
                "NAME": "Debian GNU/Linux",
                "PRETTY_NAME": "Debian GNU/Linux 13 (trixie)",
                "VERSION": "13 (trixie)",
                "VERSION_CODENAME": "trixie",
                "VERSION_ID": "13",
            },
        })
    );
}

#[test]
fn os_release_has_the_defaults_of_its_manual_page() {
    let os = facts("os_release", "VERSION_ID=\nFOO=bar\n");
    assert_eq!(os["id"], "linux");
    assert_eq!(os["name"], "Linux");
    assert_eq!(os["pretty_name"], "Linux");
    assert_eq!(os["version_id"], Value::Null);
    assert_eq!(os["fields"], json!({"VERSION_ID": "", "FOO": "bar"}));
}

#[test]
fn os_release_is_unquoted_as_by_a_shell() {
    let text = r#"
# a comment
   # another
A="a \"b\" \\ \$c \`d\` \n \' é"
B='it is \"as\" $it is'
C=plain\ text\"
D=
E=""
F=first
F=last
ID_LIKE="rhel  fedora"
"#;
    let os = facts("os_release", text);
    assert_eq!(
        os["fields"],
        json!({
            "A": r#"a "b" \ $c `d` \n \' é"#,
            "B": r#"it is \"as\" $it is"#,
            "C": "plain text\"",
            "D": "",
            "E": "",
            "F": "last",
            "ID_LIKE": "rhel  fedora",
        })
    );
    assert_eq!(os["id_like"], json!(["rhel", "fedora"]));
}

#[test]
fn os_release_ignores_what_is_no_assignment() {
    let text =
        "ID=arch\nnonsense\n1A=x\nA B=x\n=x\nB=\"open\nC='open\nD=\"a\"b\nE='a'b'\nF=a b\nG=a\"b\"\nH=\\\n";
    assert_eq!(facts("os_release", text)["fields"], json!({"ID": "arch"}));
    let (_, ignored) = os_release::parse(text).unwrap();
    assert_eq!(ignored, (2..=12).collect::<Vec<_>>());
}

#[test]
fn os_release_reads_windows_line_ends() {
    assert_eq!(facts("os_release", "ID=\"debian\"\r\n")["id"], "debian");
}

#[test]
fn meminfo_is_in_bytes() {
    let text = "MemTotal:       16313132 kB
MemFree:         1024000 kB
MemAvailable:    8156566 kB
Buffers:          204800 kB
Cached:          4096000 kB
Active(anon):    2048000 kB
SwapTotal:       2097148 kB
SwapFree:        2097048 kB
HugePages_Total:       4
Hugepagesize:       2048 kB
";
    assert_eq!(
        facts("meminfo", text),
        json!({
            "total": 16_704_647_168_u64,
            "available": 8_352_323_584_u64,
            "used": 8_352_323_584_u64,
            "free": 1_048_576_000,
            "buffers": 209_715_200,
            "cached": 4_194_304_000_u64,
            "swap": {"total": 2_147_479_552, "free": 2_147_377_152, "used": 102_400},
            "bytes": {
                "Active(anon)": 2_097_152_000,
                "Buffers": 209_715_200,
                "Cached": 4_194_304_000_u64,
                "Hugepagesize": 2_097_152,
                "MemAvailable": 8_352_323_584_u64,
                "MemFree": 1_048_576_000,
                "MemTotal": 16_704_647_168_u64,
                "SwapFree": 2_147_377_152,
                "SwapTotal": 2_147_479_552,
            },
            "counts": {"HugePages_Total": 4},
        })
    );
}

#[test]
fn meminfo_of_an_old_kernel_has_gaps() {
    let memory = facts("meminfo", "MemTotal: 1000 kB\nMemFree: 10 kB\n");
    assert_eq!(memory["available"], Value::Null);
    assert_eq!(memory["used"], Value::Null);
    assert_eq!(memory["swap"], json!({"total": 0, "free": 0, "used": 0}));
}

#[test]
fn what_is_not_meminfo_is_an_error() {
    assert_eq!(
        error("meminfo", "HugePages_Total: 0\n"),
        "the text has no line such as `MemTotal: 16313132 kB`; it is not that of /proc/meminfo"
    );
}

#[test]
fn a_bad_line_of_meminfo_is_a_warning_and_the_rest_is_there() {
    let lines = [
        "nonsense",
        "MemFree: many kB",
        "MemFree: 1 MB",
        "MemFree: 1 kB each",
        "MemFree:",
        "MemFree: 18446744073709551615 kB",
    ];
    for line in lines {
        let text = format!("MemTotal: 1 kB\n{line}\n");
        assert_eq!(facts("meminfo", &text)["total"], 1024);
        assert_eq!(meminfo::parse(&text).unwrap().1, [2], "{line}");
    }
    let memory = facts("meminfo", "MemFree: 1 kB\n");
    assert_eq!((&memory["total"], &memory["free"]), (&Value::Null, &json!(1024)));
}

#[test]
fn cpuinfo_of_x86() {
    let processor = |number: u32, socket: u32, core: u32| {
        format!(
            "processor\t: {number}\nvendor_id\t: GenuineIntel\nmodel\t\t: 85\n\
             model name\t: Intel(R) Xeon(R) Gold 6132 CPU @ 2.60GHz\nphysical id\t: {socket}\n\
             core id\t\t: {core}\nflags\t\t: fpu vme sse4_2\nbugs\t\t: spectre_v1\npower management:\n\n"
        )
    };
    let text: String = (0..8).map(|number| processor(number, number / 4, number % 2)).collect();
    assert_eq!(
        facts("cpuinfo", &text),
        json!({
            "model": "Intel(R) Xeon(R) Gold 6132 CPU @ 2.60GHz",
            "vendor": "GenuineIntel",
            "logical": 8,
            "cores": 4,
            "sockets": 2,
            "flags": ["fpu", "vme", "sse4_2"],
        })
    );
}

#[test]
fn cpuinfo_of_arm_and_riscv() {
    let arm = "processor\t: 0\nBogoMIPS\t: 108.00\nFeatures\t: fp asimd\nCPU implementer\t: 0x41\n\n\
               processor\t: 1\nFeatures\t: fp asimd\n\nModel\t\t: Raspberry Pi 4 Model B\n";
    let cpu = facts("cpuinfo", arm);
    assert_eq!(
        cpu,
        json!({"model": null, "vendor": "0x41", "logical": 2, "cores": null, "sockets": null, "flags": ["fp", "asimd"]})
    );
    let riscv = "processor\t: 0\nhart\t\t: 1\nisa\t\t: rv64imafdc\nmmu\t\t: sv39\nuarch\t\t: sifive,u74-mc\n";
    let cpu = facts("cpuinfo", riscv);
    assert_eq!(cpu["model"], "sifive,u74-mc");
    assert_eq!(cpu["flags"], json!(["rv64imafdc"]));
}

#[test]
fn cpuinfo_of_s390() {
    let text = "vendor_id       : IBM/S390\n# processors    : 2\nbogomips per cpu: 3241.00\nmax thread id   : 0\n\
        features\t: esan3 zarch stfle\ncache0          : level=1 type=Data scope=Private size=128K\n\
        processor 0: version = FF,  identification = 0133E8,  machine = 3931\n\
        processor 1: version = FF,  identification = 0133E8,  machine = 3931\n\n\
        cpu number      : 0\nphysical id     : 1\ncore id         : 0\n\n\
        cpu number      : 1\nphysical id     : 1\ncore id         : 1\n";
    assert_eq!(
        facts("cpuinfo", text),
        json!({"model": "3931", "vendor": "IBM/S390", "logical": 2, "cores": 2, "sockets": 1, "flags": ["esan3", "zarch", "stfle"]})
    );
}

#[test]
fn cpuinfo_of_loongarch_power_and_sparc() {
    let loongarch = "system type\t\t: generic-loongson-machine\n\nprocessor\t\t: 0\npackage\t\t\t: 0\ncore\t\t\t: 0\n\
        CPU Family\t\t: Loongson-64bit\nModel Name\t\t: Loongson-3A5000\nFeatures\t\t: cpucfg lam ual\n";
    let cpu = facts("cpuinfo", loongarch);
    assert_eq!(
        (&cpu["model"], &cpu["cores"], &cpu["sockets"]),
        (&json!("Loongson-3A5000"), &json!(1), &json!(1))
    );
    let power = "processor\t: 0\ncpu\t\t: POWER9, altivec supported\nrevision\t: 2.2 (pvr 004e 1202)\n\n\
        timebase\t: 512000000\nplatform\t: PowerNV\nmodel\t\t: 9006-22C\nmachine\t\t: PowerNV 9006-22C\n";
    assert_eq!(facts("cpuinfo", power)["model"], "POWER9, altivec supported");
    let sparc =
        "cpu\t\t: UltraSparc T5 (Niagara5)\nncpus probed\t: 128\nncpus active\t: 64\nCPU0:\t\tonline\n";
    let cpu = facts("cpuinfo", sparc);
    assert_eq!((&cpu["model"], &cpu["logical"]), (&json!("UltraSparc T5 (Niagara5)"), &json!(64)));
}

#[test]
fn processors_that_are_not_counted_are_null() {
    let cpu = facts("cpuinfo", "CPU:\t\t68040\nMMU:\t\t68040\nFPU:\t\t68040\n");
    assert_eq!((&cpu["model"], &cpu["logical"]), (&json!("68040"), &Value::Null));
}

#[test]
fn what_is_not_cpuinfo_is_an_error() {
    for text in ["", "processor: Intel", "MemTotal: 1 kB"] {
        assert_eq!(
            error("cpuinfo", text),
            "the text has no line about a processor; it is not that of /proc/cpuinfo"
        );
    }
}

#[test]
fn loadavg_has_five_numbers() {
    assert_eq!(
        facts("loadavg", "0.20 0.18 12.00 1/80 11206\n"),
        json!({"one": 0.2, "five": 0.18, "fifteen": 12.0, "running": 1, "threads": 80})
    );
}

#[test]
fn what_loadavg_does_not_say_is_null() {
    for (text, expected) in [
        ("0.20 0.18", json!({"one": 0.2, "five": 0.18, "fifteen": null, "running": null, "threads": null})),
        (
            "0.20 0.18 x 80 1",
            json!({"one": 0.2, "five": 0.18, "fifteen": null, "running": null, "threads": null}),
        ),
        (
            "0.20 inf 1.00 ?/80",
            json!({"one": 0.2, "five": null, "fifteen": 1.0, "running": null, "threads": 80}),
        ),
    ] {
        assert_eq!(facts("loadavg", text), expected);
        assert!(!loadavg::parse(text).unwrap().is_whole());
    }
}

#[test]
fn what_is_not_loadavg_is_an_error() {
    for text in ["", "a b c 1/80 1", "NaN 0.18 0.12 1/80 1"] {
        assert_eq!(
            error("loadavg", text),
            "expected text like that of /proc/loadavg: 0.20 0.18 0.12 1/80 11206"
        );
    }
}

const MOUNTS: &str = r"sysfs /sys sysfs rw,nosuid 0 0
/dev/sda1 / ext4 rw,relatime,errors=remount-ro 0 0
//nas/my\040files /mnt/a\134b\011c cifs ro,username=x\054y 0 0
";

#[test]
fn mounts_are_a_list() {
    assert_eq!(
        collect("mounts", json!({"text": MOUNTS, "exclude_types": ["sysfs", "proc"]})),
        json!({"mounts": [
            {
                "device": "/dev/sda1", "path": "/", "type": "ext4",
                "options": ["rw", "relatime", "errors=remount-ro"], "read_only": false,
            },
            {
                "device": "//nas/my files", "path": "/mnt/a\\b\tc", "type": "cifs",
                "options": ["ro", "username=x,y"], "read_only": true,
            },
        ]})
    );
    assert_eq!(facts("mounts", MOUNTS)["mounts"].as_array().unwrap().len(), 3);
}

#[test]
fn fstab_has_the_same_format() {
    let text = "# <file system> <mount point>\n\nUUID=1-2 /boot vfat defaults\n";
    assert_eq!(facts("mounts", text)["mounts"][0]["device"], "UUID=1-2");
}

#[test]
fn a_bad_line_of_mounts_is_a_warning_and_the_rest_is_there() {
    let text = "proc /proc proc rw 0 0\n/dev/sda1 /\n/dev/sdb1 /b ext4\n";
    let mounts = facts("mounts", text);
    assert_eq!(mounts["mounts"].as_array().unwrap().len(), 2);
    assert_eq!(mounts["mounts"][1]["options"], json!([]));
    assert_eq!(mounts::parse(text).1, [2]);
}

#[test]
fn a_device_may_have_no_name() {
    let mounts = facts("mounts", " /mnt tmpfs rw 0 0\n");
    assert_eq!((&mounts["mounts"][0]["device"], &mounts["mounts"][0]["path"]), (&json!(""), &json!("/mnt")));
    // A table of people may be indented.
    let mounts = facts("mounts", " /dev/sda2 none swap sw 0 0\n /dev/sda1 / ext4 rw 0\n");
    assert_eq!(
        (&mounts["mounts"][0]["device"], &mounts["mounts"][1]["path"]),
        (&json!("/dev/sda2"), &json!("/"))
    );
}

#[test]
fn bytes_that_are_no_text_are_replaced() {
    let _host = testing::host(
        FakeHost::new()
            .file(
                "/proc/self/mounts",
                b"/dev/sdb1 /media/caf\xe9\\040x vfat rw 0 0\n\\303\\251 /\\351 ext4 rw 0 0\n",
            )
            .file("/etc/os-release", b"ID=debian\nNAME=\"D\xe9bian\"\n"),
    );
    let mounts = collect("mounts", json!({}));
    assert_eq!(mounts["mounts"][0]["path"], "/media/caf\u{fffd} x");
    assert_eq!(
        (&mounts["mounts"][1]["device"], &mounts["mounts"][1]["path"]),
        (&json!("é"), &json!("/\u{fffd}"))
    );
    assert_eq!(collect("os_release", json!({}))["name"], "D\u{fffd}bian");
}

#[test]
fn every_key_has_a_default() {
    let collectors: Vec<Value> = serde_json::from_str(&get_facts_collectors()).unwrap();
    let names: Vec<_> = collectors.iter().map(|collector| collector["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["os_release", "meminfo", "cpuinfo", "loadavg", "mounts"]);
    for collector in &collectors {
        assert_eq!(collector["config_schema"]["required"], Value::Null);
    }
    assert_eq!(collectors[4]["config_schema"]["properties"]["exclude_types"]["default"], json!([]));
    assert_eq!(collectors[4]["config_schema"]["properties"]["table"]["default"], "mounts");

    let unknown = collect("uptime", json!({}));
    assert_eq!(unknown["error"], "Unknown facts collector: uptime");
}

#[test]
fn without_a_text_the_file_is_read() {
    let host = testing::host(
        FakeHost::new()
            .file("/etc/os-release", DEBIAN)
            .file("/proc/meminfo", "MemTotal: 1 kB\n")
            .file("/proc/cpuinfo", "processor: 0\n")
            .file("/proc/loadavg", "0.20 0.18 0.12 1/80 11206\n")
            .file("/proc/self/mounts", MOUNTS)
            .file("/etc/fstab", "UUID=1-2 /boot vfat defaults\n"),
    );
    assert_eq!(collect("os_release", json!({}))["id"], "debian");
    assert_eq!(collect("meminfo", json!({}))["total"], 1024);
    assert_eq!(collect("cpuinfo", json!({}))["logical"], 1);
    assert_eq!(collect("loadavg", json!({}))["threads"], 80);
    assert_eq!(collect("mounts", json!({}))["mounts"][1]["path"], "/");
    assert_eq!(collect("mounts", json!({"table": "fstab"}))["mounts"][0]["path"], "/boot");
    assert_eq!(host.calls().len(), 6);
    // A text is taken as it is.
    assert_eq!(facts("loadavg", "1 1 1 1/2 3\n")["threads"], 2);
    assert_eq!(host.calls().len(), 6);
}

#[test]
fn all_that_is_read_is_asked_for() {
    let manifest: Value = serde_json::from_str(&get_plugin_metadata()).unwrap();
    let asked = &manifest["permissions"][0]["FileSystem"]["paths"];
    let host = testing::host(FakeHost::new());
    for collector in ["os_release", "meminfo", "cpuinfo", "loadavg", "mounts"] {
        assert!(collect(collector, json!({}))["error"].is_string());
    }
    assert!(collect("mounts", json!({"table": "fstab"}))["error"].is_string());
    let read: Vec<String> = host.calls().iter().map(|call| call.what.replace("read ", "")).collect();
    assert_eq!(*asked, json!(read));
}

/// The files of the machine that runs the tests, where it has them.
#[test]
fn this_machine_is_understood() {
    for (collector, path) in [
        ("os_release", "/etc/os-release"),
        ("meminfo", "/proc/meminfo"),
        ("cpuinfo", "/proc/cpuinfo"),
        ("loadavg", "/proc/loadavg"),
        ("mounts", "/proc/self/mounts"),
    ] {
        let Ok(text) = std::fs::read_to_string(path) else {
            continue;
        };
        let facts = facts(collector, &text);
        assert_eq!(facts["error"], Value::Null, "{path}");
    }
}
