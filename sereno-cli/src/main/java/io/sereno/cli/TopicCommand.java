package io.sereno.cli;

import io.sereno.Codec;
import io.sereno.From;
import io.sereno.Message;
import io.sereno.MessagesLostException;
import io.sereno.Sereno;
import io.sereno.Topic;
import io.sereno.TopicReader;
import io.sereno.operator.Kind;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "topic",
        description = "Publishes to a topic, or reads it.",
        synopsisSubcommandLabel = "(pub | tail)",
        subcommands = {TopicCommand.Publish.class, TopicCommand.Tail.class})
final class TopicCommand implements Runnable {
    @Spec
    @Nullable
    CommandSpec spec;

    @Override
    public void run() {
        CommandSpec own = spec;
        if (own != null) {
            throw new ParameterException(own.commandLine(), "pub or tail is missing");
        }
    }

    @Command(
            name = "pub",
            description = "Publishes a message, or each line of standard input, and prints the offset of the last.")
    static final class Publish implements Callable<Integer> {
        @Mixin
        Store store = new Store();

        @Parameters(index = "0", paramLabel = "NAME", description = "The name of the topic.")
        String name = "";

        @Parameters(
                index = "1",
                arity = "0..1",
                paramLabel = "MESSAGE",
                description = "The message; without it, each line of standard input is one.")
        @Nullable
        String message;

        @Override
        public Integer call() throws IOException {
            Target.checkName(Kind.TOPIC, name);
            try (Sereno sereno = store.connect()) {
                Topic<String> topic = sereno.topic(name, Codec.utf8());
                String one = message;
                if (one != null) {
                    System.out.println(topic.publish(one));
                    return Exit.OK;
                }
                BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
                long last = 0;
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    last = topic.publish(line);
                }
                System.out.println(last);
                return Exit.OK;
            }
        }
    }

    @Command(
            name = "tail",
            description =
                    "Prints the messages that are published from now on, or from --from on, one a line, with control characters escaped.")
    static final class Tail implements Callable<Integer> {
        @Mixin
        Store store = new Store();

        @Parameters(paramLabel = "NAME", description = "The name of the topic.")
        String name = "";

        @Option(
                names = "--from",
                paramLabel = "OFFSET",
                description = "The first offset to read; 1 for all that are kept.")
        @Nullable
        Long from;

        @Option(names = "--count", paramLabel = "N", description = "Ends after N messages.")
        long count = Long.MAX_VALUE;

        @Option(names = "--idle", paramLabel = "TIME", description = "Ends when no message has come for this time.")
        @Nullable
        Duration idle;

        @Override
        public Integer call() throws InterruptedException {
            Target.checkName(Kind.TOPIC, name);
            if (count < 1) {
                throw new IllegalArgumentException("--count is " + count + "; 1 or more is accepted");
            }
            Long first = from;
            From begin = first == null ? From.now() : first <= 1 ? From.earliest() : From.offset(first);
            try (Sereno sereno = store.connect();
                    TopicReader<String> reader =
                            sereno.topic(name, Codec.utf8()).reader(begin)) {
                long printed = 0;
                while (printed < count) {
                    Optional<Message<String>> next = next(reader);
                    if (next.isEmpty()) {
                        return Exit.OK;
                    }
                    System.out.println(next.get().offset() + " "
                            + Text.printable(next.get().payload()));
                    printed++;
                    if (System.out.checkError()) {
                        return Exit.OK; // Nobody reads any more.
                    }
                }
                return Exit.OK;
            }
        }

        private Optional<Message<String>> next(TopicReader<String> reader) throws InterruptedException {
            while (true) {
                try {
                    Duration limit = idle;
                    return limit == null ? Optional.of(reader.next()) : reader.next(limit);
                } catch (MessagesLostException gap) {
                    System.err.println("sereno: " + Text.printable(String.valueOf(gap.getMessage())));
                }
            }
        }
    }
}
