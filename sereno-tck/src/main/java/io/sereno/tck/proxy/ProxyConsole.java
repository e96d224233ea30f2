package io.sereno.tck.proxy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.Charset;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.ObjLongConsumer;

/**
 * The program behind the script {@code fault-proxy}: a proxy controlled by a person, or by a script that writes lines.
 */
final class ProxyConsole {
    private static final String USAGE = """
            fault-proxy SERVER [LISTEN]
            Each is HOST:PORT, [IPV6]:PORT, or a PORT of the loopback interface; LISTEN is a free one when it is left out.""";

    private static final String VERBS = """
            pass|hold|swallow|reset [WAY]    what happens to bytes; WAY is to-server or to-client, both when it is left out
            delay MILLISECONDS [WAY]
            throttle BYTES-PER-SECOND [WAY]
            cut-after BYTES [WAY]
            accept|refuse|silence            what happens to those who connect
            heal                             pass both ways, and accept
            reset-all|end-all                ends the connections, by a reset or in order
            status                           what went each way, and the connections that live
            quit                             ends the proxy, and so do Ctrl-D and Ctrl-C""";

    private final FaultProxy proxy;
    private final PrintStream out;

    ProxyConsole(FaultProxy proxy, PrintStream out) {
        this.proxy = proxy;
        this.out = out;
    }

    public static void main(String[] arguments) throws IOException {
        try {
            run(
                    List.of(arguments),
                    new BufferedReader(new InputStreamReader(System.in, Charset.defaultCharset())),
                    System.out);
        } catch (IllegalArgumentException | UncheckedIOException e) {
            System.err.println(e.getMessage());
            System.exit(1);
        }
    }

    /** Starts the proxy that the arguments describe and executes the lines, until they end. */
    static void run(List<String> arguments, BufferedReader lines, PrintStream out) throws IOException {
        if (arguments.isEmpty() || arguments.size() > 2) {
            throw new IllegalArgumentException(arguments.size() + " addresses were given; accepted is\n" + USAGE);
        }
        InetSocketAddress server = address(arguments.get(0));
        try (FaultProxy proxy =
                arguments.size() == 1 ? FaultProxy.to(server) : FaultProxy.between(address(arguments.get(1)), server)) {
            ProxyConsole console = new ProxyConsole(proxy, out);
            out.println(VERBS);
            console.obey("status");
            for (String line = lines.readLine();
                    line != null && !line.strip().equals("quit");
                    line = lines.readLine()) {
                console.obey(line);
            }
        }
    }

    private static InetSocketAddress address(String text) {
        int colon = text.lastIndexOf(':');
        String host = text.substring(0, Math.max(0, colon));
        try {
            int port = Integer.parseInt(text.substring(colon + 1));
            return colon < 0
                    ? new InetSocketAddress(InetAddress.getLoopbackAddress(), port)
                    : new InetSocketAddress(host, port);
        } catch (IllegalArgumentException e) { // no number, or no port
            throw new IllegalArgumentException("'" + text + "' is no address; accepted is\n" + USAGE, e);
        }
    }

    void obey(String line) {
        List<String> words = List.of(line.strip().split("\\s+", -1));
        try {
            switch (words.get(0)) {
                case "pass" -> each(words, Direction::pass);
                case "hold" -> each(words, Direction::hold);
                case "swallow" -> each(words, Direction::swallow);
                case "reset" -> each(words, Direction::reset);
                case "delay" -> each(words, (way, millis) -> way.delay(Duration.ofMillis(millis)));
                case "throttle" -> each(words, Direction::throttle);
                case "cut-after" -> each(words, Direction::cutAfter);
                case "accept" -> alone(words, proxy::accept);
                case "refuse" -> alone(words, proxy::refuse);
                case "silence" -> alone(words, proxy::acceptSilently);
                case "heal" -> alone(words, proxy::heal);
                case "reset-all" -> alone(words, proxy::resetAll);
                case "end-all" -> alone(words, proxy::endAll);
                case "status" -> alone(words, () -> {});
                default ->
                    throw new IllegalArgumentException("'" + words.get(0) + "' is no verb; accepted are\n" + VERBS);
            }
            status();
        } catch (IllegalArgumentException | UncheckedIOException e) {
            out.println(e.getMessage());
        }
    }

    private void alone(List<String> words, Runnable verb) {
        atMost(1, words);
        verb.run();
    }

    private void each(List<String> words, Consumer<Direction> verb) {
        atMost(2, words);
        ways(words.subList(1, words.size())).forEach(verb);
    }

    private void each(List<String> words, ObjLongConsumer<Direction> verb) {
        atMost(3, words);
        String amount = words.size() < 2 ? "nothing" : words.get(1);
        long number;
        try {
            number = Long.parseLong(amount);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(
                    words.get(0) + " was given " + amount + "; a whole number is accepted", e);
        }
        ways(words.subList(2, words.size())).forEach(way -> verb.accept(way, number));
    }

    private static void atMost(int count, List<String> words) {
        if (words.size() > count) {
            throw new IllegalArgumentException(
                    "'" + words.get(count) + "' is one word too many; accepted are\n" + VERBS);
        }
    }

    private List<Direction> ways(List<String> word) {
        if (word.isEmpty()) {
            return List.of(proxy.clientToServer(), proxy.serverToClient());
        }
        return switch (word.get(0)) {
            case "to-server" -> List.of(proxy.clientToServer());
            case "to-client" -> List.of(proxy.serverToClient());
            default ->
                throw new IllegalArgumentException(
                        "'" + word.get(0) + "' is no way; to-server and to-client are accepted");
        };
    }

    private void status() {
        List<Connection> connections = proxy.connections(); // first: this call accepts pending connections
        out.println(proxy);
        connections.forEach(connection -> out.println("  " + connection));
    }
}
