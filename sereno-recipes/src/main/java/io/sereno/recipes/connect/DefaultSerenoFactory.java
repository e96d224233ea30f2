package io.sereno.recipes.connect;

import com.google.auto.service.AutoService;
import io.sereno.Sereno;
import io.sereno.SerenoFactory;
import io.sereno.recipes.SerenoClient;

/** The factory that {@link Sereno#builder()} finds through ServiceLoader. */
@AutoService(SerenoFactory.class)
public final class DefaultSerenoFactory implements SerenoFactory {
    @Override
    public Sereno.Builder newBuilder() {
        return new SerenoBuilder(SerenoClient::new, System.getenv());
    }
}
