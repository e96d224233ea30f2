package io.sereno.cli;

import io.sereno.NotAppliedException;
import io.sereno.OutcomeUnknownException;
import io.sereno.Sereno;
import io.sereno.SerenoConfigurationException;
import io.sereno.SerenoException;
import io.sereno.spi.BackendException;
import java.time.Duration;
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
            "  75   not got in time (-E for another code)",
            "  77   the store refuses this user",
            "  78   the URI or a setting is wrong",
            "  79   lost while CMD ran; CMD was ended",
            "  126, 127   CMD cannot be run, or is not there; nothing was sent"
        })
public final class Main implements Runnable {
    private static final Pattern REFUSED_USER = Pattern.compile(
            "\\b(NOPERM|NOAUTH|WRONGPASS|PERMISSION_DENIED|UNAUTHENTICATED|NoAuth|AuthFailed|permission denied"
                    + "|password authentication failed|logging in as '.*' failed)\\b");

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
        for (String uri : List.of("etcd://127.0.0.1:1/x", "redis://127.0.0.1:1/x", "zookeeper://127.0.0.1:1/x")) {
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
        int code = commandLine().execute(arguments);
        System.out.flush();
        if (arguments.length == 1 && arguments[0].equals("--archive")) {
            System.exit(code); // The JVM writes its archive at an orderly exit.
        }
        // Threads of client libraries may be left; nothing of them matters any more.
        Runtime.getRuntime().halt(code);
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
            return isRefusal(failure) ? Exit.NO_PERMISSION : Exit.UNAVAILABLE;
        }
        return failure instanceof SerenoException ? Exit.UNAVAILABLE : CommandLine.ExitCode.SOFTWARE;
    }

    private static boolean isRefusal(@Nullable Throwable failure) {
        return failure != null
                && ((failure instanceof BackendException store && store.permanent()) || isRefusal(failure.getCause()));
    }

    /** A store that refuses the connection does not say for which kind of reason, except in the words of its protocol. */
    private static boolean isOfUser(@Nullable Throwable failure) {
        return failure instanceof BackendException
                && REFUSED_USER.matcher(String.valueOf(failure.getMessage())).find();
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
