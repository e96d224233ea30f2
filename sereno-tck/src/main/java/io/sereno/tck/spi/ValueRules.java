package io.sereno.tck.spi;

import static java.nio.charset.StandardCharsets.UTF_16LE;

import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.tck.rules.Rule;
import io.sereno.tck.run.Bench;
import io.sereno.tck.run.CallResult;
import io.sereno.tck.run.Client;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Values are read as they were put. */
public class ValueRules {
    private static final String DIRECTORY = "value";

    @Rule(
            value = "VAL-1a",
            check = "whether a value goes through a String, or through anything that ends at a zero byte")
    void anyBytesComeBack(Bench bench) {
        Client client = bench.client();
        Client reader = bench.client();
        byte[] every = new byte[256];
        for (int i = 0; i < every.length; i++) {
            every[i] = (byte) i;
        }
        byte[] random = new byte[4_099];
        bench.random().nextBytes(random);
        Map<String, byte[]> values = new LinkedHashMap<>();
        values.put("none", new byte[0]);
        values.put("one zero", new byte[] {0});
        values.put("every byte", every);
        values.put("only 0xff", new byte[] {-1, -1, -1});
        values.put("half a character", new byte[] {(byte) 0xe2, (byte) 0x82});
        values.put("a byte order mark", new byte[] {(byte) 0xef, (byte) 0xbb, (byte) 0xbf});
        values.put("line ends", "\r\n\r\n".getBytes(UTF_16LE));
        values.put("random bytes", random);
        values.forEach((what, octets) -> {
            Bytes value = Bytes.copyOf(octets);
            client.put(DIRECTORY, what, value);
            bench.same(
                    "whether " + what + " came back to who put it",
                    true,
                    client.present(DIRECTORY, what).value().equals(value));
        });
        reader.all(DIRECTORY)
                .forEach(entry -> bench.verify(
                        Arrays.equals(values.get(entry.name()), entry.value().toArray()),
                        () -> entry.name() + " came back to another client as "
                                + Arrays.toString(entry.value().toArray())));
        bench.same("the number of values", values.size(), reader.all(DIRECTORY).size());
        client.committed(Commit.to(DIRECTORY)
                        .put("one zero", Bytes.EMPTY)
                        .returningAll()
                        .build())
                .snapshot()
                .ifPresent(snapshot -> snapshot.entries()
                        .forEach(entry -> bench.same(
                                "the value of " + entry.name() + " in the read with a commit",
                                entry.name().equals("one zero")
                                        ? Bytes.EMPTY
                                        : Bytes.copyOf(values.getOrDefault(entry.name(), new byte[0])),
                                entry.value())));
    }

    @Rule(value = "VAL-1b", check = "limits of client library and server, and whether maxValueBytes is what they give")
    void theLargestValueIsAccepted(Bench bench) {
        Client client = bench.client();
        int most = bench.guarantees().maxValueBytes();
        for (int size : new int[] {64 * 1024, Math.min(most, 64 << 20)}) {
            byte[] octets = new byte[size];
            bench.random().nextBytes(octets);
            client.put(DIRECTORY, "large", Bytes.copyOf(octets));
            for (Client reader : List.of(client, bench.client())) {
                Bytes read = reader.present(DIRECTORY, "large").value();
                bench.verify(
                        read.equals(Bytes.copyOf(octets)),
                        () -> "a value of " + size + " bytes came back as " + read.size() + " bytes, or changed");
            }
        }
    }

    @Rule(value = "VAL-1c", check = "that the size is checked before anything is sent")
    void aValueThatIsTooLargeIsRefused(Bench bench) {
        Client client = bench.client();
        int most = bench.guarantees().maxValueBytes();
        if (most == Integer.MAX_VALUE) {
            // No value is larger.
            bench.count("limits that nothing exceeds", 1);
            return;
        }
        if (most > 64 << 20) {
            throw bench.vacuous("maxValueBytes is " + most + ", more than a test puts");
        }
        client.put(DIRECTORY, "value", "small");
        Bytes large = Bytes.copyOf(new byte[most + 1]);
        CallResult<CommitResult> ended = client.outcome(Commit.to(DIRECTORY)
                .put("value", large)
                .put("other", Bytes.EMPTY)
                .build());
        bench.verify(
                ended.isRefused(),
                () -> "a value of " + large.size() + " bytes had to be refused, and the commit ended as " + ended);
        bench.same(
                "the value afterwards",
                "small",
                client.present(DIRECTORY, "value").value().toUtf8());
        bench.same("the number of entries afterwards", 1, client.all(DIRECTORY).size());
        client.put(DIRECTORY, "value", "next");
        bench.same(
                "the next value",
                "next",
                bench.client().present(DIRECTORY, "value").value().toUtf8());
    }

    @Rule(value = "VAL-2", check = "whether an array is wrapped where it has to be copied")
    void arraysAreCopied(Bench bench) {
        Client client = bench.client();
        byte[] given = {1, 2, 3};
        client.put(DIRECTORY, "a", Bytes.copyOf(given));
        given[0] = 9;
        Bytes first = client.present(DIRECTORY, "a").value();
        bench.same("the value after the array that was passed in changed", Bytes.copyOf(new byte[] {1, 2, 3}), first);
        first.toArray()[1] = 9;
        bench.same(
                "the value after an array that was handed out changed",
                Bytes.copyOf(new byte[] {1, 2, 3}),
                client.present(DIRECTORY, "a").value());
        ByteBuffer view = client.present(DIRECTORY, "a").value().asReadOnlyBuffer();
        bench.same("whether the view is read-only", true, view.isReadOnly());
    }
}
