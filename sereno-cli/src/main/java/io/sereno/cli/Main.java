package io.sereno.cli;

import io.sereno.NotAppliedException;
import io.sereno.OutcomeUnknownException;
import io.sereno.Sereno;
import io.sereno.SerenoConfigurationException;
import io.sereno.SerenoException;
import io.sereno.spi.BackendException;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code sereno}: locks for scripts, and what operators need. */
@Command(
        name = "sereno",
        description = "Locks and elections for scripts, and a look at who holds what.",
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            LockCommand.class,
            ElectCommand.class,
            SemaphoreCommand.class,
            ListCommand.class,
            InspectCommand.class,
            SessionsCommand.class,
            GraphCommand.class,
            ReleaseCommand.class,
            TopCommand.class,
            UiCommand.class,
            CounterCommand.class,
            MembersCommand.class,
            TopicCommand.class,
            WaitCommand.class,
            IdsCommand.class,
            DoctorCommand.class,
            CompletionCommand.class,
            ManCommand.class
        },
        footerHeading = "%nExit codes:%n",
        footer = {
            "  0    done; for lock, elect and semaphore, the code of CMD, or 128 + n if signal n ended it",
            "  1    what was asked for is not there",
            "  64   wrong arguments; nothing was sent",
            "  69   the store was not reached, or did not answer",
            "  70   a defect of sereno",
            "  74   the result could not be written to standard output",
            "  75   not got in time (-E for another code)",
            "  77   the store refuses this user",
            "  78   the URI or a setting is wrong",
            "  79   lost while CMD ran; CMD was ended",
            "  126, 127   CMD cannot be run, or is not there; nothing was sent"
        })
public final class Main implements Runnable {
    /** Of Redis, etcd and ZooKeeper, in this order; and of PostgreSQL, whose messages may also have a SQLSTATE below them. */
    private static final Pattern REFUSED_USER = Pattern.compile(
            "\\b(NOPERM|NOAUTH|WRONGPASS|lacks the right|can't run this command|PERMISSION_DENIED|UNAUTHENTICATED|NoAuth|AuthFailed"
                    + "|AUTHFAILED|SESSIONCLOSEDREQUIRESASLAUTH|permission denied|password authentication failed"
                    + "|logging in as '.*' failed)\\b");

    /** One of each store, where nobody listens. */
    static final List<String> NOWHERE = List.of(
            "etcd://127.0.0.1:1/x", "redis://127.0.0.1:1/x", "zookeeper://127.0.0.1:1/x", "postgresql://127.0.0.1:1/x");

    @Spec
    @Nullable
    CommandSpec spec;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Shows this.")
    boolean help;

    @Option(names = "--version", versionHelp = true, description = "Shows the version.")
    boolean version;

    /** Without a command. */
    @Override
    public void run() {
        CommandSpec own = spec;
        if (archive) {
            loadAll();
        } else if (own != null) {
            throw new ParameterException(own.commandLine(), "a command is missing");
        }
    }

    @Option(names = "--archive", hidden = true)
    boolean archive;

    /** Loads what commands load, for the launcher, which keeps those classes in an archive. */
    private static void loadAll() {
        for (String uri : NOWHERE) {
            try (Sereno sereno = Sereno.builder()
                    .uri(uri)
                    .connectTimeout(Duration.ofMillis(300))
                    .connect()) {
                throw new IllegalStateException("a store at port 1: " + sereno);
            } catch (SerenoException expected) {
                System.out.println(expected.getMessage()); // Nobody listens there.
            }
        }
    }

    /** Runs a command, and ends the process with its exit code. */
    public static void main(String[] arguments) {
        quietLog();
        if (isAltered(arguments)) {
            System.err.println(
                    "sereno: the JVM cannot read the arguments in this locale; LC_ALL=C.UTF-8 and arguments in UTF-8 are accepted");
            Runtime.getRuntime().halt(Exit.USAGE);
        }
        int code = written(run(arguments));
        if (arguments.length == 1 && arguments[0].equals("--archive")) {
            System.exit(code); // The JVM writes its archive at an orderly exit.
        }
        // Threads of client libraries may be left; nothing of them matters any more.
        Runtime.getRuntime().halt(code);
    }

    /** Whether the JVM has put '?' or U+FFFD in place of bytes that are no characters of its locale. */
    private static boolean isAltered(String[] arguments) {
        String all = String.join("\0", arguments) + "\0";
        if (all.indexOf('?') < 0 && all.indexOf('\ufffd') < 0) {
            return false;
        }
        byte[] read = all.getBytes(Charset.forName(System.getProperty("sun.jnu.encoding", "UTF-8")));
        try {
            byte[] given = Files.readAllBytes(Path.of("/proc/self/cmdline"));
            int from = given.length - read.length;
            return from < 0 || !Arrays.equals(given, from, given.length, read, 0, read.length);
        } catch (IOException noProc) {
            return false; // Not Linux: macOS has UTF-8 in each locale.
        }
    }

    private static int run(String[] arguments) {
        try {
            return commandLine().execute(arguments);
        } catch (Error defect) {
            System.err.println("sereno: " + defect);
            return Exit.SOFTWARE;
        }
    }

    /** Nobody wants to know the rest of what goes into a pipe that was closed; a full disk is a failure. */
    private static int written(int code) {
        if (code != Exit.OK || !System.out.checkError() || isPipe(Path.of("/proc/self/fd/1"))) {
            return code;
        }
        System.err.println("sereno: the result could not be written to standard output");
        return Exit.OUTPUT;
    }

    /** Of a pipe or a socket. No write to these fails, unless nobody reads it. */
    private static boolean isPipe(Path descriptor) {
        try {
            String target = Files.readSymbolicLink(descriptor).toString();
            return target.startsWith("pipe:") || target.startsWith("socket:");
        } catch (IOException noProc) {
            return true; // Not Linux.
        }
    }

    static CommandLine commandLine() {
        CommandLine line = new CommandLine(new Main());
        line.getCommandSpec().version(version());
        line.setCaseInsensitiveEnumValuesAllowed(true);
        // An argument @file is one of CMD, or a name.
        line.setExpandAtFiles(false);
        line.setExitCodeExceptionMapper(Main::exitCode);
        line.setParameterExceptionHandler((wrong, arguments) -> {
            CommandLine command = wrong.getCommandLine();
            command.getErr().println("sereno: " + wrong.getMessage());
            command.getErr().println("Try: sereno " + path(command) + "--help");
            return Exit.USAGE;
        });
        line.setExecutionExceptionHandler((failure, command, parsed) -> {
            command.getErr().println("sereno: " + Text.printable(String.valueOf(failure.getMessage())));
            return exitCode(failure);
        });
        line.registerConverter(Duration.class, Durations::parse);
        return line;
    }

    private static String path(CommandLine command) {
        String name = command.getCommandSpec().qualifiedName();
        return name.equals("sereno") ? "" : name.substring("sereno ".length()) + " ";
    }

    static int exitCode(Throwable failure) {
        if (failure instanceof Failed failed) {
            return failed.code();
        } else if (failure instanceof IllegalArgumentException || failure instanceof CommandLine.PicocliException) {
            return Exit.USAGE;
        } else if (failure instanceof SerenoConfigurationException) {
            return isOfUser(failure.getCause()) ? Exit.NO_PERMISSION : Exit.CONFIGURATION;
        } else if (failure instanceof NotAppliedException || failure instanceof OutcomeUnknownException) {
            return isOfUser(failure) ? Exit.NO_PERMISSION : Exit.UNAVAILABLE;
        }
        return failure instanceof SerenoException ? Exit.UNAVAILABLE : Exit.SOFTWARE;
    }

    /** A store that refuses does not say for which kind of reason, except in the words and codes of its protocol. */
    private static boolean isOfUser(@Nullable Throwable failure) {
        if (failure == null) {
            return false;
        } else if (failure instanceof SQLException sql && sql.getSQLState() != null) {
            return sql.getSQLState().startsWith("28") || sql.getSQLState().equals("42501");
        }
        boolean words = failure instanceof BackendException
                && REFUSED_USER.matcher(String.valueOf(failure.getMessage())).find();
        return words || isOfUser(failure.getCause());
    }

    static String version() {
        String version = Main.class.getPackage().getImplementationVersion();
        return "sereno " + (version == null ? "(not packaged)" : version);
    }

    /** Results go to standard output, and what went wrong is said once; SERENO_LOG=INFO shows the log, on standard error. */
    private static void quietLog() {
        String level = System.getenv().getOrDefault("SERENO_LOG", "OFF");
        Logger root = Logger.getLogger("");
        Level shown;
        try {
            shown = Level.parse(level);
        } catch (IllegalArgumentException unknown) {
            System.err.println("sereno: SERENO_LOG is '" + level + "'; OFF, WARNING, INFO and FINE are accepted");
            shown = Level.WARNING;
        }
        root.setLevel(shown);
        for (Handler handler : root.getHandlers()) {
            handler.setLevel(shown);
        }
    }
}
