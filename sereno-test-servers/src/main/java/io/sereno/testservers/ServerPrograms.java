package io.sereno.testservers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Finds the programs that the tests run, in this order: a variable such as {@code SERENO_ETCD}, the PATH, the folders
 * where packages put a server that is not for the PATH, the cache
 * ({@code ${XDG_CACHE_HOME:-~/.cache}/sereno/servers}), and Debian's packages, which are fetched into the cache without
 * root and without changing the system.
 *
 * <p>The script {@code servers} runs this file from its source, before anything is compiled: it may use only the JDK.
 */
final class ServerPrograms {
    /** What {@code -Dsereno.servers} can name: stores, and what tests of metrics, of a page and of a terminal need. The ZooKeeper server comes from Maven. */
    enum Store {
        ETCD,
        REDIS,
        ZOOKEEPER,
        POSTGRESQL,
        PROMETHEUS,
        BROWSER,
        TERMINAL;

        String id() {
            return name().toLowerCase(Locale.ROOT);
        }

        static final String IDS = Stream.of(values()).map(Store::id).collect(Collectors.joining(", "));
    }

    /** A program, where a person can get it, and how to ask for its version. */
    enum Program {
        ETCD(Store.ETCD, "etcd", "SERENO_ETCD", "etcd Version: (\\S+)", "etcd-server", "etcd", "etcd"),
        REDIS(
                Store.REDIS,
                "redis-server",
                "SERENO_REDIS",
                "(?:Redis|Valkey) server v=(\\S+)",
                "redis-server",
                "redis",
                "redis"),
        POSTGRES(
                Store.POSTGRESQL,
                "postgres",
                "SERENO_POSTGRES",
                "postgres \\(PostgreSQL\\) (\\S+)",
                "postgresql-15",
                "postgresql@15",
                "postgresql-server"),
        PGBOUNCER(
                Store.POSTGRESQL,
                "pgbouncer",
                "SERENO_PGBOUNCER",
                "PgBouncer (\\S+)",
                "pgbouncer",
                "pgbouncer",
                "pgbouncer"),
        PROMETHEUS(
                Store.PROMETHEUS,
                "prometheus",
                "SERENO_PROMETHEUS",
                "prometheus, version (\\S+)",
                "prometheus",
                "prometheus",
                "prometheus"),
        CHROMIUM(
                Store.BROWSER,
                "chromium-headless-shell",
                "SERENO_CHROMIUM",
                "Chromium (\\S+)",
                "chromium-headless-shell",
                "chromium",
                "chromium-headless"),
        TMUX(Store.TERMINAL, "tmux", "SERENO_TMUX", "tmux (\\S+)", "tmux", "tmux", "tmux");

        final Store store;
        final String command;
        final String variable;
        final Pattern version;
        final String debianPackage;
        final String brewPackage;
        final String dnfPackage;

        Program(
                Store store,
                String command,
                String variable,
                String version,
                String debianPackage,
                String brewPackage,
                String dnfPackage) {
            this.store = store;
            this.command = command;
            this.variable = variable;
            this.version = Pattern.compile(version);
            this.debianPackage = debianPackage;
            this.brewPackage = brewPackage;
            this.dnfPackage = dnfPackage;
        }

        String versionOption() {
            return this == TMUX ? "-V" : "--version";
        }
    }

    record Found(Program program, Path path, String version, String origin) {
        @Override
        public String toString() {
            return program.command + " " + version + ": " + path + " (" + origin + ")";
        }
    }

    /** Says, in one message for a person, what is missing or wrong and how to fix it. */
    static final class MissingException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        MissingException(String message) {
            super(message);
        }
    }

    private static final Duration VERSION_LIMIT = Duration.ofSeconds(10);
    private static final Duration LISTS_LIMIT = Duration.ofSeconds(45);
    private static final Duration DOWNLOAD_LIMIT = Duration.ofMinutes(5);

    /**
     * Runs a command that ends when this JVM ends, however it ends: the command's standard input is a pipe that only
     * this JVM holds.
     */
    private static final String TIED_TO_THIS_JVM = """
            exec 3<&0
            "$@" </dev/null 3<&- &
            command=$!
            { read -r nothing; kill -s KILL "$command"; } <&3 3<&- >/dev/null 2>&1 &
            reader=$!
            exec 3<&-
            wait "$command"
            status=$?
            kill -s KILL "$reader"
            exit "$status"
            """;

    private static final Object LOCK_OF_THIS_JVM = new Object();

    private static final Map<Program, Path> FOUND = new ConcurrentHashMap<>();

    private final Map<String, String> environment;
    private final String choice;
    private final Path system;
    private final Path cache;
    private Optional<Run> lists = Optional.empty(); // guarded by LOCK_OF_THIS_JVM

    /** @param choice the value of {@code -Dsereno.servers}: {@code required}, the default, {@code none}, or a list */
    ServerPrograms(Map<String, String> environment, String choice) {
        this(environment, choice, Path.of("/"));
    }

    /** @param system the folder that has {@code usr/lib} and {@code usr/sbin} */
    ServerPrograms(Map<String, String> environment, String choice, Path system) {
        this.environment = environment;
        this.choice = choice;
        this.system = system;
        String home = environment.getOrDefault("HOME", System.getProperty("user.home"));
        String caches = environment.getOrDefault("XDG_CACHE_HOME", "");
        this.cache = (caches.isEmpty() ? Path.of(home, ".cache") : Path.of(caches))
                .resolve("sereno/servers")
                .toAbsolutePath();
    }

    static ServerPrograms ofThisProcess() {
        return new ServerPrograms(System.getenv(), System.getProperty("sereno.servers", "required"));
    }

    /** Found once in this JVM. */
    static Path path(Program program) {
        return FOUND.computeIfAbsent(program, wanted -> ofThisProcess().find(wanted).path);
    }

    public static void main(String[] arguments) {
        ProcessHandle.current().parent().ifPresent(ServerPrograms::endWith);
        try {
            ServerPrograms programs = ofThisProcess();
            Set<Store> declined = programs.declined();
            programs.findAll().forEach(System.out::println);
            if (!declined.isEmpty()) {
                System.out.println("-Dsereno.servers=" + programs.choice + ": what needs "
                        + declined.stream().map(Store::id).collect(Collectors.joining(", ")) + " is not verified.");
            }
        } catch (MissingException e) {
            System.err.println(e.getMessage());
            System.exit(1);
        }
    }

    /** Ends this JVM with its parent, so that it does not continue to fetch after the build was killed. */
    private static void endWith(ProcessHandle parent) {
        Thread watch = new Thread(
                () -> {
                    parent.onExit().join();
                    Runtime.getRuntime().halt(1);
                },
                "ends-with-parent");
        watch.setDaemon(true);
        watch.start();
    }

    /**
     * The stores that a person chose to leave out. Refuses such a choice where nobody would see which tests it skipped.
     */
    Set<Store> declined() {
        Set<Store> declined = EnumSet.noneOf(Store.class);
        if (!choice.equals("required")) {
            declined = EnumSet.allOf(Store.class);
            for (String id : choice.equals("none") ? new String[0] : choice.split(",", -1)) {
                declined.remove(Stream.of(Store.values())
                        .filter(store -> store.id().equals(id))
                        .findFirst()
                        .orElseThrow(() -> new MissingException("-Dsereno.servers=" + choice
                                + " is not known; required, none, or some of " + Store.IDS
                                + " with commas and without blanks are accepted")));
            }
        }
        if (!declined.isEmpty() && "true".equals(environment.get("CI"))) {
            throw new MissingException(
                    "-Dsereno.servers=" + choice + " is refused where CI=true: a CI build verifies everything");
        }
        return declined;
    }

    /** Fails if the store was left out; a test that gets here needs a tag. */
    void require(Store store) {
        if (declined().contains(store)) {
            throw new MissingException("-Dsereno.servers=" + choice + " was given, but this starts a server of "
                    + store.id() + ": tag the test with @Tag(\"servers\"), and, in a module that tests several stores,"
                    + " with @Tag(\"" + store.id() + "\"), so that it is left out");
        }
    }

    Found find(Program program) {
        return find(List.of(program)).get(0);
    }

    /** All programs of the stores that were chosen; one message lists every missing one. */
    List<Found> findAll() {
        Set<Store> declined = declined();
        return find(Stream.of(Program.values())
                .filter(program -> !declined.contains(program.store))
                .toList());
    }

    private List<Found> find(List<Program> wanted) {
        wanted.forEach(program -> require(program.store));
        List<Found> found = new ArrayList<>();
        Map<Program, String> missing = new LinkedHashMap<>();
        for (Program program : wanted) {
            try {
                found.add(search(program));
            } catch (NotHereException e) {
                missing.put(program, e.getMessage());
            }
        }
        if (!missing.isEmpty()) {
            throw new MissingException(explain(missing));
        }
        return found;
    }

    private static String explain(Map<Program, String> missing) {
        StringBuilder message = new StringBuilder("The tests need servers that are not available here.\n");
        missing.forEach((program, reason) -> message.append("\n  ")
                .append(program.command)
                .append(": ")
                .append(reason.replace("\n", "\n      "))
                .append('\n'));
        message.append("\nFor each, one of these helps:\n");
        missing.keySet()
                .forEach(program -> message.append("\n  ")
                        .append(program.command)
                        .append(":\n      ")
                        .append(program.variable)
                        .append("=/path/to/")
                        .append(program.command)
                        .append("\n      brew install ")
                        .append(program.brewPackage)
                        .append("\n      dnf install ")
                        .append(program.dnfPackage)
                        .append("\n      apt-get install ")
                        .append(program.debianPackage)
                        .append('\n'));
        return message.append("\nTo test with some servers only, or with none, and leave the rest unverified:\n\n")
                .append("  mvn -B verify -Dsereno.servers=etcd,redis\n")
                .append("  mvn -B verify -Dsereno.servers=none\n")
                .toString();
    }

    /** Why a program is not available. */
    private static final class NotHereException extends Exception {
        private static final long serialVersionUID = 1L;

        NotHereException(String message) {
            super(message);
        }
    }

    private Found search(Program program) throws NotHereException {
        String given = environment.getOrDefault(program.variable, "");
        if (!given.isEmpty()) {
            return checked(program, Path.of(given).toAbsolutePath(), program.variable);
        }
        Optional<Path> onPath = onPath(program.command);
        if (onPath.isPresent()) {
            return checked(program, onPath.get(), "PATH");
        }
        for (Path folder : folders(system)) {
            if (Files.isExecutable(folder.resolve(program.command))) {
                return checked(program, folder.resolve(program.command), "system");
            }
        }
        Path cached = cached(program);
        if (!Files.isExecutable(cached)) {
            fetch(program);
        }
        return checked(program, cached, "cache");
    }

    private Path cached(Program program) {
        return cache.resolve(program.command).resolve("bin").resolve(program.command);
    }

    private Optional<Path> onPath(String command) {
        return Stream.of(environment.getOrDefault("PATH", "").split(":"))
                .filter(folder -> !folder.isEmpty())
                .map(folder -> Path.of(folder, command).toAbsolutePath())
                .filter(path -> Files.isRegularFile(path) && Files.isExecutable(path))
                .findFirst();
    }

    /**
     * Where packages put programs below the root of a system; Debian has a folder for each version of PostgreSQL, and one for Chromium, whose program
     * in usr/bin looks for the other in the system only.
     */
    private static List<Path> folders(Path root) {
        List<Path> folders = new ArrayList<>(
                List.of(root.resolve("usr/bin"), root.resolve("usr/sbin"), root.resolve("usr/lib/chromium")));
        Path postgres = root.resolve("usr/lib/postgresql");
        if (Files.isDirectory(postgres)) {
            try (Stream<Path> versions = Files.list(postgres)) {
                versions.sorted(Comparator.comparingDouble(ServerPrograms::number)
                                .reversed())
                        .forEach(version -> folders.add(version.resolve("bin")));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return folders.stream().filter(Files::isDirectory).toList();
    }

    /** A folder that is no version counts as the oldest. */
    private static double number(Path version) {
        String name = version.getFileName().toString();
        return name.matches("\\d+(\\.\\d+)?") ? Double.parseDouble(name) : 0;
    }

    /** A named program must exist, must run and must be the program that it is named for. */
    private Found checked(Program program, Path path, String origin) throws NotHereException {
        String named = origin + " names " + path;
        if (!Files.isRegularFile(path) || !Files.isExecutable(path)) {
            throw new NotHereException(named + ", which is no file that can be executed");
        }
        Run run = run(VERSION_LIMIT, List.of(path.toString(), program.versionOption()));
        Matcher version = program.version.matcher(run.output);
        if (run.status != 0 || !version.find()) {
            throw new NotHereException(
                    named + ", which does not print a version of " + program.command + " when asked with "
                            + program.versionOption() + ", but ended with status " + run.status + ":\n" + run.tail());
        }
        return new Found(program, path, version.group(1), origin);
    }

    // Debian's packages, without root: own lists and packages, unpacked, not installed.

    private void fetch(Program program) throws NotHereException {
        String sought = "not in " + program.variable + ", PATH, " + system.resolve("usr") + " or " + cache + ", and ";
        for (String tool : List.of("apt-get", "dpkg-deb")) {
            if (onPath(tool).isEmpty()) {
                throw new NotHereException(sought + "not fetched, for there is no " + tool + " on PATH");
            }
        }
        synchronized (LOCK_OF_THIS_JVM) {
            try {
                Files.createDirectories(cache);
                try (FileChannel file = FileChannel.open(
                                cache.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                        FileLock lock = file.lock()) {
                    if (lock.isValid() && !Files.isExecutable(cached(program))) {
                        System.out.println("Fetching " + program.debianPackage + " without root into " + cache
                                + "; once for this user");
                        unpack(program, download(program));
                    }
                }
            } catch (IOException e) {
                throw new NotHereException(sought + "not fetched: " + e);
            } catch (NotHereException e) {
                throw new NotHereException(sought + e.getMessage());
            }
        }
    }

    private List<Path> download(Program program) throws IOException, NotHereException {
        Path packages = cache.resolve("debs");
        Files.createDirectories(packages);
        Files.createDirectories(cache.resolve("lists/partial"));
        Files.createDirectories(cache.resolve("apt/archives/partial"));
        if (lists.isEmpty()) {
            lists = Optional.of(run(LISTS_LIMIT, aptGet("update")));
        }
        String update = lists.get().tail();

        // Only apt knows which libraries this machine lacks and what its release calls them.
        Run needed = run(
                LISTS_LIMIT,
                cache,
                aptGet("-qq", "--print-uris", "--no-install-recommends", "install", program.debianPackage));
        List<String> files = Pattern.compile("^'\\S+' (\\S+\\.deb) ", Pattern.MULTILINE)
                .matcher(needed.output)
                .results()
                .map(line -> line.group(1))
                .filter(file -> !file.startsWith("libllvm")) // 100 MB for PostgreSQL's compiler, which is optional
                .toList();
        if (needed.status != 0 || files.isEmpty()) {
            throw new NotHereException(
                    "apt-get does not offer " + program.debianPackage + ":\n" + update + "\n" + needed.tail());
        }

        List<String> download = new ArrayList<>(List.of("download"));
        files.forEach(file -> download.add(file.substring(0, file.indexOf('_'))));
        Run downloaded = run(DOWNLOAD_LIMIT, packages, aptGet(download.toArray(new String[0])));
        if (downloaded.status != 0) {
            throw new NotHereException(
                    "apt-get could not download " + program.debianPackage + ":\n" + update + "\n" + downloaded.tail());
        }
        return files.stream().map(packages::resolve).toList();
    }

    private List<String> aptGet(String... arguments) {
        List<String> line = new ArrayList<>(List.of("apt-get"));
        for (String option : List.of(
                "Dir::State::lists=" + cache.resolve("lists"),
                "Dir::Cache=" + cache.resolve("apt"),
                "Acquire::Languages=none",
                "Acquire::Retries=0",
                "Acquire::http::Timeout=10",
                "Acquire::https::Timeout=10",
                "APT::Sandbox::User=root", // apt as root would give our folders to its own user, which may not exist
                "APT::Update::Post-Invoke-Success::=")) {
            line.add("-o");
            line.add(option);
        }
        line.addAll(List.of(arguments));
        return line;
    }

    /**
     * Creates the folder atomically and complete, so any process that finds it in the cache can use it without the
     * lock.
     */
    private void unpack(Program program, List<Path> packages) throws IOException, NotHereException {
        Path unpacking = cache.resolve(program.command + ".unpacking");
        delete(unpacking);
        Path root = Files.createDirectories(unpacking.resolve("root"));
        for (Path file : packages) {
            Run run = run(DOWNLOAD_LIMIT, List.of("dpkg-deb", "-x", file.toString(), root.toString()));
            if (run.status != 0) {
                throw new NotHereException("dpkg-deb could not unpack " + file + ":\n" + run.tail());
            }
        }
        Path bin = Files.createDirectories(unpacking.resolve("bin"));
        for (Path folder : folders(root)) {
            try (DirectoryStream<Path> executables = Files.newDirectoryStream(folder)) {
                for (Path executable : executables) {
                    Path launcher = bin.resolve(executable.getFileName());
                    Files.writeString(launcher, launcher(root.relativize(executable)));
                    Files.setPosixFilePermissions(launcher, PosixFilePermissions.fromString("rwxr-xr-x"));
                }
            }
        }
        delete(cache.resolve(program.command));
        Files.move(unpacking, cache.resolve(program.command), StandardCopyOption.ATOMIC_MOVE);
    }

    private static String launcher(Path program) {
        return """
                #!/bin/sh
                # Runs /%1$s with the libraries that were unpacked with it.
                root=$(cd "${0%%/*}/../root" && pwd)
                for folder in "$root"/usr/lib/*-linux-* "$root"/usr/lib/*-linux-*/pulseaudio; do
                  [ ! -d "$folder" ] || LD_LIBRARY_PATH=$folder${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
                done
                export LD_LIBRARY_PATH
                exec "$root/%1$s" "$@"
                """.formatted(program);
    }

    private static void delete(Path folder) throws IOException {
        if (Files.exists(folder)) {
            try (Stream<Path> content = Files.walk(folder)) {
                for (Path path : content.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(path);
                }
            }
        }
    }

    private record Run(int status, String output) {
        String tail() {
            List<String> lines = output.lines().toList();
            return String.join("\n", lines.subList(Math.max(0, lines.size() - 8), lines.size()));
        }
    }

    private Run run(Duration limit, List<String> command) {
        return run(limit, Path.of("").toAbsolutePath(), command);
    }

    /** Runs a command from this environment's PATH until its end or the limit. */
    private Run run(Duration limit, Path folder, List<String> command) {
        try {
            Path output = Files.createTempFile("sereno-", ".out");
            try {
                List<String> line = new ArrayList<>(command);
                onPath(command.get(0)).ifPresent(path -> line.set(0, path.toString()));
                line.addAll(0, List.of("/bin/sh", "-c", TIED_TO_THIS_JVM, "sh"));
                ProcessBuilder builder = new ProcessBuilder(line)
                        .directory(folder.toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(output.toFile());
                builder.environment().clear();
                builder.environment().putAll(environment);
                builder.environment().put("LC_ALL", "C");
                Process process = builder.start();
                boolean ended = process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS);
                if (!ended) {
                    process.descendants().forEach(ProcessHandle::destroyForcibly);
                    process.destroyForcibly().waitFor();
                }
                String text = Files.readString(output);
                return ended
                        ? new Run(process.exitValue(), text)
                        : new Run(-1, text + "\nstopped after " + limit.toSeconds() + " s");
            } finally {
                Files.delete(output);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new MissingException("interrupted while running " + command);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
