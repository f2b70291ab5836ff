"""Which ``pulumi`` a machine gets, and what it is told when it cannot have one."""

from __future__ import annotations

import shutil

from tests.unit.toolchain.conftest import INSTALLER, Machine


def test_a_pulumi_on_path_that_is_new_enough_is_used_as_it_is(machine: Machine) -> None:
    program = machine.pulumi("3.250.0")
    code, said = machine.install()
    assert code == 0
    assert f"pulumi 3.250.0 from PATH: {program}" in said
    assert not machine.link.exists()


def test_an_older_one_on_path_is_passed_over_and_named(machine: Machine) -> None:
    program = machine.pulumi("3.249.9")
    machine.vendor()
    code, said = machine.install()
    assert code == 0
    assert f"{program} is not used: it is 3.249.9, and 3.250 or newer is needed" in said
    assert (machine.link / "pulumi").is_file()


def test_one_without_its_python_language_host_is_passed_over(machine: Machine) -> None:
    machine.program("pulumi", "echo v3.260.0")
    machine.vendor()
    code, said = machine.install()
    assert code == 0
    assert "is not used: its language host pulumi-language-python is neither beside it nor on PATH" in said


def test_a_pulumi_that_came_onto_path_later_replaces_the_installed_one(machine: Machine) -> None:
    machine.vendor()
    machine.install()
    machine.pulumi("3.260.0")
    assert "pulumi 3.260.0 from PATH" in machine.install()[1]
    assert not machine.link.is_symlink()


def test_the_projects_own_pulumi_on_path_does_not_count_as_the_users(machine: Machine) -> None:
    machine.vendor()
    machine.install()
    code, said = machine.install(str(machine.link))
    assert code == 0
    assert "from PATH" not in said
    assert (machine.link / "pulumi").is_file()


def test_the_vendors_installer_puts_the_pinned_version_into_the_cache_and_edits_no_profile(machine: Machine) -> None:
    machine.vendor('echo "$*" > "$HOME/arguments"\n' + INSTALLER)
    code, said = machine.install()
    assert code == 0
    arguments = (machine.folder / "arguments").read_text()
    assert "--version 3.259.0" in arguments
    assert "--no-edit-path" in arguments
    assert machine.link.resolve().is_relative_to(machine.cache)
    assert f"pulumi 3.259.0 is in {machine.link.resolve()}" in said


def test_what_was_installed_once_is_found_without_asking_anybody(machine: Machine) -> None:
    machine.vendor()
    machine.install()
    shutil.rmtree(machine.project / ".local")
    asked = machine.calls("curl")
    assert machine.install()[0] == 0
    assert machine.calls("curl") == asked
    assert (machine.link / "pulumi").is_file()


def test_where_the_vendor_cannot_be_reached_it_is_built_from_go_modules(machine: Machine) -> None:
    machine.no_network()
    machine.go()
    code, said = machine.install()
    assert code == 0
    assert "the vendor's installer cannot be reached: curl: (6) Could not resolve host" in said
    assert "building it from its Go modules (once for this machine; seven minutes" in said
    assert len([call for call in machine.calls("go") if call.startswith("go build")]) == 2
    assert sorted(path.name for path in machine.link.iterdir()) == [
        "pulumi",
        "pulumi-language-python",
        "pulumi-language-python-exec",
        "pulumi-resource-pulumi-python",
    ]


def test_an_installer_that_fails_halfway_is_followed_by_the_build(machine: Machine) -> None:
    machine.vendor(INSTALLER.replace("pulumi-language-python pulumi-language", "pulumi-language") + 'echo "error: tar is missing"; exit 1')
    machine.go()
    code, said = machine.install()
    assert code == 0
    assert "the vendor's installer failed: error: tar is missing" in said
    assert (machine.link / "pulumi-language-python").is_file()


def test_without_go_the_message_names_the_version_to_install(machine: Machine) -> None:
    machine.no_network()
    code, said = machine.install()
    assert code == 2
    assert "there is no Go to build it with" in said
    assert "what to do: install Go 1.25.11 or newer" in said
    assert not machine.link.exists()


def test_a_go_that_is_too_old_counts_as_none(machine: Machine) -> None:
    machine.no_network()
    machine.go("1.25.10")
    code, said = machine.install()
    assert code == 2
    assert "install Go 1.25.11 or newer" in said
    assert not [call for call in machine.calls("go") if call.startswith("go build")]


def test_a_failed_build_says_why_and_keeps_its_log_and_nothing_else(machine: Machine) -> None:
    machine.no_network()
    machine.go()
    machine.program("go", 'if [ "$1" = version ]; then echo go version go1.26.8; else echo "go: module lookup disabled by GOPROXY=off"; exit 1; fi')
    code, said = machine.install()
    assert code == 2
    assert "building pulumi failed: go: module lookup disabled by GOPROXY=off" in said
    assert "where Go modules come from a mirror, set GOPROXY" in said
    log = machine.project / ".local" / "log" / "pulumi.log"
    assert f"whole output: {log}" in said
    assert "go build" in log.read_text()
    assert [path.suffix for path in machine.cache.iterdir()] == [".lock"]


def test_what_a_killed_set_up_left_behind_is_removed_by_the_next(machine: Machine) -> None:
    left = machine.cache / ".partial-abc" / "bin"
    left.mkdir(parents=True)
    machine.vendor()
    assert machine.install()[0] == 0
    assert not left.exists()


def test_a_folder_that_misses_a_program_is_made_again(machine: Machine) -> None:
    machine.vendor()
    machine.install()
    (machine.link / "pulumi-language-python").unlink()
    assert machine.install()[0] == 0
    assert (machine.link / "pulumi-language-python").is_file()


def test_two_set_ups_at_once_do_the_work_once(machine: Machine) -> None:
    machine.no_network()
    machine.go()
    together = [machine.start(), machine.start()]
    for process in together:
        process.communicate(timeout=60)
    assert [process.returncode for process in together] == [0, 0]
    assert len([call for call in machine.calls("go") if call.startswith("go build")]) == 2


def test_a_folder_in_the_place_of_the_link_is_named_with_the_command_that_removes_it(machine: Machine) -> None:
    machine.vendor()
    machine.link.mkdir(parents=True)
    (machine.link / "mine").touch()
    code, said = machine.install()
    assert code == 2
    assert f"rm -r {machine.link}" in said
