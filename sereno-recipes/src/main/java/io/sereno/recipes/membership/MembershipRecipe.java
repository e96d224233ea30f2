package io.sereno.recipes.membership;

import io.sereno.KeepAlive;
import io.sereno.Members;
import io.sereno.Membership;
import io.sereno.MembershipListener;
import io.sereno.Subscription;
import io.sereno.recipes.client.Client;
import io.sereno.recipes.client.Metadata;
import io.sereno.recipes.client.Scope;
import io.sereno.recipes.kernel.Await;
import io.sereno.recipes.kernel.Kernel;
import io.sereno.recipes.kernel.View;
import io.sereno.spi.Guarantees;
import io.sereno.spi.Names;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;

/** A group's public API: checks arguments, and waits. Safe for use by multiple threads. */
public final class MembershipRecipe implements Membership {
    static final String RECIPE = "membership";

    private final Scope scope;

    public MembershipRecipe(Client client, String group, String directory) {
        this.scope = new Scope(client, RECIPE, group, directory);
    }

    @Override
    public String group() {
        return scope.name();
    }

    @Override
    public KeepAlive join(String id, Duration ttl) throws InterruptedException {
        return join(id, ttl, Map.of(), IfPresent.WAIT);
    }

    @Override
    public KeepAlive join(String id, Duration ttl, Map<String, String> metadata, IfPresent ifPresent)
            throws InterruptedException {
        checkId(id);
        checkTtl(ttl);
        Map<String, String> described = Metadata.checked(metadata);
        Objects.requireNonNull(ifPresent, "ifPresent is null");
        scope.requireOpen("join");
        scope.requireNotInterrupted("join");
        ListedMember member = new ListedMember(scope, id, ttl, described, ifPresent);
        try {
            Await.interruptibly(member.join());
            return member;
        } catch (InterruptedException interrupted) {
            Await.uninterruptibly(scope.kernel().atMost(Kernel.GRACE, member.leave()));
            throw interrupted;
        }
    }

    /** Group and id share the bytes that a store allows for a directory and the name of an entry. */
    private void checkId(String id) {
        Objects.requireNonNull(id, "id is null");
        int taken = (scope.directory() + Listing.entryName("")).getBytes(StandardCharsets.UTF_8).length;
        Names.check("id of a member of '" + scope.name() + "'", id, Names.MAX_BYTES - taken);
    }

    private void checkTtl(Duration ttl) {
        Objects.requireNonNull(ttl, "ttl is null");
        Guarantees facts = scope.client().backend().guarantees();
        if (ttl.compareTo(facts.leastTtl()) < 0 || ttl.compareTo(facts.greatestTtl()) > 0) {
            throw new IllegalArgumentException("ttl is " + ttl + ", but "
                    + scope.kernel().backend() + " gives " + facts.leastTtl() + " to " + facts.greatestTtl()
                    + "; PT4S to PT38S fits every store with its usual settings");
        }
    }

    @Override
    public Members members() {
        return MemberNews.members(View.live(scope.readAll("members")), true);
    }

    @Override
    public Subscription onChange(MembershipListener listener) {
        Objects.requireNonNull(listener, "listener is null");
        scope.requireOpen("onChange");
        return MemberNews.subscribe(scope, listener);
    }

    @Override
    public String toString() {
        return scope.toString();
    }
}
