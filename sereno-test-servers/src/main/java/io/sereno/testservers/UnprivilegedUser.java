package io.sereno.testservers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/**
 * Who runs a server that refuses to run as root: the user {@code postgres}, or {@code nobody}, where the tests run as
 * root; the user of the tests everywhere else.
 */
final class UnprivilegedUser {
    private static final Path ACCOUNTS = Path.of("/etc/passwd");
    private static final List<String> PREFERRED = List.of("postgres", "nobody");

    /** Copies of programs for the user, by the folder that they were copied from. */
    private static final Map<Path, Path> COPIES = new ConcurrentHashMap<>();

    private record Account(String name, int uid, int gid) {
        /** Of a line of /etc/passwd. */
        static Account of(String line) {
            String[] fields = line.split(":", -1);
            return new Account(fields[0], Integer.parseInt(fields[2]), Integer.parseInt(fields[3]));
        }
    }

    /** Empty for the user of the tests. */
    private final Optional<Account> account;

    private UnprivilegedUser(Optional<Account> account) {
        this.account = account;
    }

    /** @param folder that this JVM has created */
    static UnprivilegedUser of(Path folder) {
        try {
            boolean root = Files.getAttribute(folder, "unix:uid").equals(0);
            return new UnprivilegedUser(root ? Optional.of(find()) : Optional.empty());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Account find() throws IOException {
        try (Stream<String> lines = Files.lines(ACCOUNTS)) {
            return lines.filter(line -> PREFERRED.contains(line.split(":", 2)[0]))
                    .map(Account::of)
                    .min(Comparator.comparingInt(found -> PREFERRED.indexOf(found.name)))
                    .orElseThrow(() -> new TestServerException("the tests run as root, which this server refuses, and "
                            + ACCOUNTS + " has none of the users " + PREFERRED + " to run it instead"));
        }
    }

    /** The command line that runs the command as this user. */
    List<String> command(List<String> command) {
        List<String> line = new ArrayList<>();
        account.ifPresent(other ->
                line.addAll(List.of("setpriv", "--reuid=" + other.uid, "--regid=" + other.gid, "--clear-groups")));
        line.addAll(command);
        return line;
    }

    /** Makes the path this user's own, readable for nobody else. */
    void give(Path path) {
        try {
            Files.setPosixFilePermissions(
                    path, PosixFilePermissions.fromString(Files.isDirectory(path) ? "rwx------" : "rw-------"));
            if (account.isPresent()) {
                Files.setAttribute(path, "unix:gid", account.get().gid);
                Files.setAttribute(path, "unix:uid", account.get().uid);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Lets this user use what is in the folder, which is one of {@link ServerFolder}. */
    void admit(Path folder) {
        if (account.isPresent()) {
            try {
                for (Path each : List.of(ServerFolder.root(), folder)) {
                    Files.setPosixFilePermissions(each, PosixFilePermissions.fromString("rwx--x--x"));
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /**
     * The program where its package has it, beside the other programs of the package. Or a copy: the cache of root is
     * in a folder that is closed to others. A program of the cache is in a folder {@code bin}, and is copied with what
     * is beside that folder.
     */
    Path reachable(Path found) {
        Path program = real(found);
        if (account.isEmpty() || isOpen(program)) {
            return program;
        }
        Path original = program.resolve("../..").normalize();
        Path copy = COPIES.computeIfAbsent(original, from -> {
            try {
                Path to = ServerFolder.create("programs");
                ServerFolder.copy(from, to, path -> false);
                admit(to);
                return to;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        return copy.resolve(original.relativize(program));
    }

    private static Path real(Path path) {
        try {
            return path.toRealPath();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean isOpen(Path program) {
        for (Path folder = program.getParent(); folder != null; folder = folder.getParent()) {
            try {
                Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(folder);
                if (!permissions.contains(PosixFilePermission.OTHERS_EXECUTE)) {
                    return false;
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return true;
    }
}
