package io.sereno.testservers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.testservers.ServerPrograms.Found;
import io.sereno.testservers.ServerPrograms.MissingException;
import io.sereno.testservers.ServerPrograms.Program;
import io.sereno.testservers.ServerPrograms.Store;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On a simulated machine: its PATH is one folder, and its apt-get and dpkg-deb are scripts. */
class ServerProgramsTest {
    @TempDir
    Path machine;

    private final Map<String, String> environment = new HashMap<>();

    @BeforeEach
    void anEmptyMachine() {
        environment.put("PATH", machine.resolve("bin").toString());
        environment.put("HOME", machine.resolve("home").toString());
    }

    @Test
    void theVariableWinsOverThePath() throws IOException {
        script("bin/etcd", "echo etcd Version: 1.0.0");
        Path chosen = script("elsewhere/my-etcd", "echo etcd Version: 2.0.0");
        environment.put("SERENO_ETCD", chosen.toString());

        assertThat(find(Program.ETCD)).isEqualTo(new Found(Program.ETCD, chosen, "2.0.0", "SERENO_ETCD"));
    }

    @Test
    void aVariableThatNamesNoProgramIsAnErrorEvenWhereThePathHasOne() throws IOException {
        script("bin/etcd", "echo etcd Version: 1.0.0");
        environment.put("SERENO_ETCD", "/no/such/etcd");

        assertThatThrownBy(() -> find(Program.ETCD))
                .isInstanceOf(MissingException.class)
                .hasMessageContaining("SERENO_ETCD names /no/such/etcd, which is no file that can be executed");
    }

    @Test
    void aVariableThatNamesAnotherProgramIsAnError() throws IOException {
        Path other = script("bin/redis-server", "echo Redis server v=7.0.15 sha=0");
        environment.put("SERENO_ETCD", other.toString());

        assertThatThrownBy(() -> find(Program.ETCD))
                .hasMessageContaining("does not print a version of etcd")
                .hasMessageContaining("Redis server v=7.0.15");
    }

    @Test
    void aProgramThatDoesNotRunIsAnErrorThatShowsItsOutput() throws IOException {
        script("bin/redis-server", "echo cannot open shared object file >&2; exit 127");

        assertThatThrownBy(() -> find(Program.REDIS))
                .hasMessageContaining("PATH names " + machine.resolve("bin/redis-server"))
                .hasMessageContaining("ended with status 127:")
                .hasMessageContaining("cannot open shared object file");
    }

    @Test
    void thePathWinsOverTheCache() throws IOException {
        script("home/.cache/sereno/servers/redis-server/bin/redis-server", "echo Redis server v=1.0.0");
        Path installed = script("bin/redis-server", "echo Redis server v=2.0.0");

        assertThat(find(Program.REDIS).path()).isEqualTo(installed);
    }

    /** Debian has programs of PostgreSQL outside the PATH, and PgBouncer on root's PATH only. */
    @Test
    void aProgramOutsideThePathIsFoundInTheNewestOfItsFolders() throws IOException {
        script("usr/lib/postgresql/9.6/bin/postgres", "echo postgres '(PostgreSQL)' 9.6.24");
        Path newest = script("usr/lib/postgresql/15/bin/postgres", "echo postgres '(PostgreSQL)' 15.18");
        Path bouncer = script("usr/sbin/pgbouncer", "echo PgBouncer 1.18.0");

        assertThat(find(Program.POSTGRES)).isEqualTo(new Found(Program.POSTGRES, newest, "15.18", "system"));
        assertThat(find(Program.PGBOUNCER)).isEqualTo(new Found(Program.PGBOUNCER, bouncer, "1.18.0", "system"));
    }

    @Test
    void theProgramsBesidePostgresComeWithIt() throws IOException {
        debian();

        assertThat(find(Program.POSTGRES).path().resolveSibling("initdb")).isExecutable();
    }

    @Test
    void theCacheFolderFollowsXdg() throws IOException {
        environment.put("XDG_CACHE_HOME", machine.resolve("xdg").toString());
        Path cached = script("xdg/sereno/servers/etcd/bin/etcd", "echo etcd Version: 3.4.23");

        assertThat(find(Program.ETCD)).isEqualTo(new Found(Program.ETCD, cached, "3.4.23", "cache"));
    }

    @Test
    void debianPackagesAreFetchedOnceAndUsedFromTheCacheAfterwards() throws IOException {
        debian();

        List<Found> found = programs("required").findAll();
        assertThat(found)
                .extracting(Found::version)
                .containsExactly("3.4.23", "7.0.15", "15.18", "1.18.0", "2.42.0+ds", "156.0.1", "3.3a");
        assertThat(found).extracting(Found::origin).containsOnly("cache");
        // One update for all, and of the packages those that apt-get named as lacking on this machine.
        assertThat(aptCalls())
                .containsExactly(
                        "update",
                        "install etcd-server",
                        "download etcd-server",
                        "install redis-server",
                        "download libjemalloc2 redis-server",
                        "install postgresql-15",
                        "download postgresql-15",
                        "install pgbouncer",
                        "download pgbouncer",
                        "install prometheus",
                        "download prometheus",
                        "install chromium-headless-shell",
                        "download chromium-headless-shell",
                        "install tmux",
                        "download tmux");

        Files.delete(machine.resolve("bin/apt-get"));
        assertThat(programs("required").findAll()).isEqualTo(found);
    }

    @Test
    void theLibrariesThatWereFetchedAreFoundByTheProgram() throws IOException, InterruptedException {
        debian();
        Path redis = find(Program.REDIS).path();

        Process process = new ProcessBuilder(redis.toString(), "--libraries")
                .redirectErrorStream(true)
                .start();
        String libraries = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        assertThat(libraries.strip())
                .startsWith(machine.resolve("home/.cache/sereno/servers/redis-server/root/usr/lib/some-linux-gnu")
                        .toRealPath()
                        .toString());
        assertThat(process.waitFor()).isZero();
    }

    @Test
    void buildsAtTheSameTimeFetchOnce() throws Exception {
        debian();
        ExecutorService builds = Executors.newFixedThreadPool(2);
        try {
            Callable<List<Found>> build = () -> programs("required").findAll();
            for (Future<List<Found>> each : builds.invokeAll(List.of(build, build))) {
                assertThat(each.get()).hasSameSizeAs(Program.values());
            }
        } finally {
            builds.shutdown();
        }
        assertThat(aptCalls()).filteredOn(call -> call.startsWith("download")).hasSameSizeAs(Program.values());
    }

    /** The lists are locked while apt-get lives, so one that is left behind would fail the next build too. */
    @Test
    void aBuildThatIsKilledWhileItFetchesLeavesNoProcessAndTheNextOneFetches() throws Exception {
        debian();
        Path apt = machine.resolve("bin/apt-get");
        String working = Files.readString(apt);
        script("bin/apt-get", "mkfifo %1$s/pipe && read forever <%1$s/pipe".formatted(machine));
        ProcessBuilder build = new ProcessBuilder(
                "/bin/sh",
                "-c",
                "\"$@\" & wait",
                "build",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                ServerPrograms.class.getName());
        build.environment().putAll(environment);
        Process shell = build.redirectErrorStream(true).start();
        while (!Files.exists(machine.resolve("pipe"))) {
            assertThat(shell.waitFor(20, TimeUnit.MILLISECONDS)).isFalse();
        }
        List<ProcessHandle> processes = shell.descendants().toList();
        assertThat(processes).hasSizeGreaterThan(2);

        shell.destroyForcibly();
        for (ProcessHandle process : processes) {
            process.onExit().get(10, TimeUnit.SECONDS);
        }
        Files.writeString(apt, working);
        assertThat(find(Program.ETCD).version()).isEqualTo("3.4.23");
    }

    @Test
    void anInterruptedUnpackingIsRepeated() throws IOException {
        debian();
        script("home/.cache/sereno/servers/etcd.unpacking/root/usr/bin/rubbish", "exit 1");

        Found etcd = find(Program.ETCD);
        assertThat(etcd.path().resolveSibling("rubbish")).doesNotExist();
        assertThat(machine.resolve("home/.cache/sereno/servers/etcd.unpacking")).doesNotExist();
    }

    @Test
    void oneMessageListsEveryMissingServerAndTheRemedies() {
        assertThatThrownBy(() -> programs("required").findAll())
                .isInstanceOf(MissingException.class)
                .hasMessageContaining("etcd: not in SERENO_ETCD, PATH, " + machine.resolve("usr") + " or "
                        + machine.resolve("home/.cache/sereno/servers")
                        + ", and not fetched, for there is no apt-get on PATH")
                .hasMessageContaining("redis-server: not in SERENO_REDIS, PATH")
                .hasMessageContaining("SERENO_ETCD=/path/to/etcd")
                .hasMessageContaining("SERENO_REDIS=/path/to/redis-server")
                .hasMessageContaining("brew install etcd")
                .hasMessageContaining("dnf install redis")
                .hasMessageContaining("brew install postgresql@15")
                .hasMessageContaining("dnf install postgresql-server")
                .hasMessageContaining("apt-get install postgresql-15")
                .hasMessageContaining("apt-get install pgbouncer")
                .hasMessageContaining("SERENO_PROMETHEUS=/path/to/prometheus")
                .hasMessageContaining("mvn -B verify -Dsereno.servers=none");
    }

    @Test
    void theMessageShowsTheOutputOfAptGetWhenItFails() throws IOException {
        debian();
        script("bin/apt-get", "echo 'E: Unable to locate package etcd-server'; exit 100");

        assertThatThrownBy(() -> find(Program.ETCD))
                .hasMessageContaining("apt-get does not offer etcd-server")
                .hasMessageContaining("E: Unable to locate package etcd-server");
    }

    @Test
    void buildingWithoutServersNeedsAnExplicitChoice() throws IOException {
        script("bin/etcd", "echo etcd Version: 1.0.0");
        ServerPrograms programs = programs("none");

        assertThat(programs.declined()).containsExactly(Store.values());
        assertThat(programs.findAll()).isEmpty();
        assertThatThrownBy(() -> programs.find(Program.ETCD)).hasMessageContaining("@Tag(\"servers\")");
    }

    @Test
    void buildingWithoutServersIsRefusedInCi() {
        environment.put("CI", "true");

        assertThatThrownBy(() -> programs("none").declined())
                .isInstanceOf(MissingException.class)
                .hasMessageContaining("-Dsereno.servers=none is refused where CI=true");
    }

    @Test
    void ofSomeStoresOnlyTheProgramsAreSought() throws IOException {
        Path etcd = script("bin/etcd", "echo etcd Version: 1.0.0");
        ServerPrograms programs = programs("zookeeper,etcd");

        assertThat(programs.declined())
                .containsExactly(Store.REDIS, Store.POSTGRESQL, Store.PROMETHEUS, Store.BROWSER, Store.TERMINAL);
        assertThat(programs.findAll()).extracting(Found::path).containsExactly(etcd);
        assertThatThrownBy(() -> programs("redis,postgresql").findAll())
                .hasMessageContaining("apt-get install redis-server")
                .hasMessageContaining("apt-get install postgresql-15")
                .hasMessageContaining("apt-get install pgbouncer")
                .hasMessageNotContaining("etcd-server");
    }

    @Test
    void aCiBuildRefusesToLeaveOneStoreOut() {
        environment.put("CI", "true");

        assertThat(programs("etcd,redis,zookeeper,postgresql,prometheus,browser,terminal")
                        .declined())
                .isEmpty();
        assertThatThrownBy(() -> programs("etcd,redis,zookeeper").declined())
                .isInstanceOf(MissingException.class)
                .hasMessageContaining("-Dsereno.servers=etcd,redis,zookeeper is refused where CI=true");
    }

    @Test
    void anyOtherChoiceIsRefused() {
        assertThatThrownBy(() -> programs("some").declined())
                .hasMessageContaining(
                        "-Dsereno.servers=some is not known; required, none, or some of "
                                + "etcd, redis, zookeeper, postgresql, prometheus, browser, terminal with commas and without blanks are accepted");
        assertThatThrownBy(() -> programs("etcd,").declined()).hasMessageContaining("is not known");
    }

    private ServerPrograms programs(String choice) {
        return new ServerPrograms(environment, choice, machine);
    }

    private Found find(Program program) {
        return programs("required").find(program);
    }

    private List<String> aptCalls() throws IOException {
        return Files.readAllLines(machine.resolve("apt-calls"));
    }

    /** apt-get and dpkg-deb as far as they are used; a package is a script that lays out what the package holds. */
    private void debian() throws IOException {
        script("packages/etcd-server", """
                mkdir -p "$1/usr/bin" "$1/usr/lib/some-linux-gnu"
                printf '#!/bin/sh\\necho etcd Version: 3.4.23\\n' >"$1/usr/bin/etcd"
                chmod +x "$1/usr/bin/etcd"
                """);
        script("packages/redis-server", """
                mkdir -p "$1/usr/bin"
                printf '#!/bin/sh\\n[ $1 = --libraries ] && echo $LD_LIBRARY_PATH || echo Redis server v=7.0.15\\n' \\
                  >"$1/usr/bin/redis-server"
                chmod +x "$1/usr/bin/redis-server"
                """);
        script("packages/postgresql-15", """
                mkdir -p "$1/usr/lib/postgresql/15/bin"
                for program in postgres initdb; do
                  printf '#!/bin/sh\\necho postgres \\(PostgreSQL\\) 15.18\\n' >"$1/usr/lib/postgresql/15/bin/$program"
                  chmod +x "$1/usr/lib/postgresql/15/bin/$program"
                done
                """);
        script("packages/pgbouncer", """
                mkdir -p "$1/usr/sbin"
                printf '#!/bin/sh\\necho PgBouncer 1.18.0\\n' >"$1/usr/sbin/pgbouncer"
                chmod +x "$1/usr/sbin/pgbouncer"
                """);
        script("packages/prometheus", """
                mkdir -p "$1/usr/bin"
                printf '#!/bin/sh\\necho prometheus, version 2.42.0+ds\\n' >"$1/usr/bin/prometheus"
                chmod +x "$1/usr/bin/prometheus"
                """);
        // The program on the path runs the one in the system.
        script("packages/chromium-headless-shell", """
                mkdir -p "$1/usr/bin" "$1/usr/lib/chromium"
                printf '#!/bin/sh\\n/usr/lib/chromium/chromium-headless-shell "$@"\\n' >"$1/usr/bin/chromium-headless-shell"
                printf '#!/bin/sh\\necho Chromium 156.0.1\\n' >"$1/usr/lib/chromium/chromium-headless-shell"
                chmod +x "$1"/usr/*/chromium-headless-shell "$1/usr/lib/chromium/chromium-headless-shell"
                """);
        script("packages/tmux", """
                mkdir -p "$1/usr/bin"
                printf '#!/bin/sh\\n[ $1 = -V ] && echo tmux 3.3a\\n' >"$1/usr/bin/tmux"
                chmod +x "$1/usr/bin/tmux"
                """);
        script("packages/libjemalloc2", "mkdir -p \"$1/usr/lib/some-linux-gnu\"");
        script("bin/apt-get", """
                machine=%s
                case "$*" in *"Dir::State::lists=$machine/home/"*) ;; *) echo not our own lists; exit 1;; esac
                while [ "$1" != update ] && [ "$1" != install ] && [ "$1" != download ]; do shift; done
                echo "$@" >>"$machine/apt-calls"
                case "$*" in
                  "install etcd-server") echo "'mirror:/pool/etcd-server_1.deb' etcd-server_1.deb 7 MD5Sum:0" ;;
                  "install redis-server")
                    echo "'mirror:/pool/libjemalloc2_1.deb' libjemalloc2_1.deb 7 MD5Sum:0"
                    echo "'mirror:/pool/redis-server_1.deb' redis-server_1.deb 7 MD5Sum:0" ;;
                  "install postgresql-15")
                    echo "'mirror:/pool/libllvm14_1.deb' libllvm14_1.deb 7 MD5Sum:0"
                    echo "'mirror:/pool/postgresql-15_1.deb' postgresql-15_1.deb 7 MD5Sum:0" ;;
                  "install pgbouncer") echo "'mirror:/pool/pgbouncer_1.deb' pgbouncer_1.deb 7 MD5Sum:0" ;;
                  "install prometheus") echo "'mirror:/pool/prometheus_1.deb' prometheus_1.deb 7 MD5Sum:0" ;;
                  "install chromium-headless-shell")
                    echo "'mirror:/pool/chromium-headless-shell_1.deb' chromium-headless-shell_1.deb 7 MD5Sum:0" ;;
                  "install tmux") echo "'mirror:/pool/tmux_1.deb' tmux_1.deb 7 MD5Sum:0" ;;
                  download*) shift; for name; do cp "$machine/packages/$name" "$name"_1.deb; done ;;
                esac
                """.formatted(machine));
        script("bin/dpkg-deb", "[ \"$1\" = -x ] && exec sh \"$2\" \"$3\"");
    }

    /** A script on the simulated PATH that runs with the tools of the real machine. */
    private Path script(String name, String body) throws IOException {
        Path file = machine.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, "#!/bin/sh\nPATH=/usr/bin:/bin\n" + body + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
        return file;
    }
}
